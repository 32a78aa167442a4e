/*
 * A swap fault, a write fault and fork, as short as they can be and still be those of 5.17 to the model. Written for the
 * tests of Hooks in the kernel's style; the names are the kernel's, the text is not.
 */

static int copy_present_page(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma, pte_t *dst_pte, pte_t *src_pte,
		unsigned long addr, int *rss, struct page **prealloc, struct page *page)
{
	struct page *copy;
	pte_t pte;

	if (!page_needs_cow_for_dma(src_vma, page))
		return 1;
	copy = *prealloc;
	if (!copy)
		return -EAGAIN;
	*prealloc = NULL;
	copy_user_highpage(copy, page, addr, src_vma);
	__SetPageUptodate(copy);
	page_add_new_anon_rmap(copy, dst_vma, addr, false);
	lru_cache_add_inactive_or_unevictable(copy, dst_vma);
	rss[MM_ANONPAGES]++;
	pte = maybe_mkwrite(pte_mkdirty(mk_pte(copy, dst_vma->vm_page_prot)), dst_vma);
	set_pte_at(dst_vma->vm_mm, addr, dst_pte, pte);
	return 0;
}

static int copy_present_pte(struct vm_area_struct *dst_vma, struct vm_area_struct *src_vma, pte_t *dst_pte, pte_t *src_pte,
		unsigned long addr, int *rss, struct page **prealloc)
{
	struct page *page = vm_normal_page(src_vma, addr, *src_pte);
	pte_t pte = *src_pte;
	int copied;

	copied = copy_present_page(dst_vma, src_vma, dst_pte, src_pte, addr, rss, prealloc, page);
	if (copied <= 0)
		return copied;
	get_page(page);
	page_dup_rmap(page, false);
	rss[MM_ANONPAGES]++;
	if (pte_write(pte)) {
		ptep_set_wrprotect(src_vma->vm_mm, addr, src_pte);
		pte = pte_wrprotect(pte);
	}
	if (!userfaultfd_wp(dst_vma))
		pte = pte_clear_uffd_wp(pte);
	set_pte_at(dst_vma->vm_mm, addr, dst_pte, pte);
	return 0;
}

vm_fault_t do_swap_page(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct page *page, *swapcache;
	struct swap_info_struct *si;
	int exclusive = 0;
	vm_fault_t ret = 0;
	swp_entry_t entry;
	pte_t pte;

	entry = pte_to_swp_entry(vmf->orig_pte);
	si = get_swap_device(entry);
	page = lookup_swap_cache(entry, vma, vmf->address);
	swapcache = page;
	if (!page) {
		if ((si->flags & SWP_SYNCHRONOUS_IO) && __swap_count(entry) == 1) {
			page = alloc_page_vma(GFP_HIGHUSER_MOVABLE, vma, vmf->address);
			if (page) {
				__SetPageLocked(page);
				lru_cache_add(page);
				swap_readpage(page, true);
			}
		} else {
			page = swapin_readahead(entry, GFP_HIGHUSER_MOVABLE, vmf);
			swapcache = page;
		}
		if (!page) {
			vmf->pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->address, &vmf->ptl);
			if (pte_same(*vmf->pte, vmf->orig_pte))
				ret = VM_FAULT_OOM;
			goto unlock;
		}
		ret = VM_FAULT_MAJOR;
	}

	if (!lock_page_or_retry(page, vma->vm_mm, vmf->flags)) {
		ret |= VM_FAULT_RETRY;
		goto out_release;
	}
	if ((!PageSwapCache(page) || page_private(page) != entry.val) && swapcache)
		goto out_page;
	vmf->pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->address, &vmf->ptl);
	if (!pte_same(*vmf->pte, vmf->orig_pte))
		goto out_nomap;
	if (!PageUptodate(page)) {
		ret = VM_FAULT_SIGBUS;
		goto out_nomap;
	}

	inc_mm_counter_fast(vma->vm_mm, MM_ANONPAGES);
	dec_mm_counter_fast(vma->vm_mm, MM_SWAPENTS);
	pte = mk_pte(page, vma->vm_page_prot);
	if ((vmf->flags & FAULT_FLAG_WRITE) && reuse_swap_page(page)) {
		pte = maybe_mkwrite(pte_mkdirty(pte), vma);
		vmf->flags &= ~FAULT_FLAG_WRITE;
		exclusive = RMAP_EXCLUSIVE;
	}
	if (pte_swp_soft_dirty(vmf->orig_pte))
		pte = pte_mksoft_dirty(pte);
	if (pte_swp_uffd_wp(vmf->orig_pte))
		pte = pte_wrprotect(pte_mkuffd_wp(pte));
	vmf->orig_pte = pte;
	do_page_add_anon_rmap(page, vma, vmf->address, exclusive);
	set_pte_at(vma->vm_mm, vmf->address, vmf->pte, pte);
	arch_do_swap_page(vma->vm_mm, vma, vmf->address, pte, vmf->orig_pte);
	swap_free(entry);
	if (mem_cgroup_swap_full(page) || (vma->vm_flags & VM_LOCKED) || PageMlocked(page))
		try_to_free_swap(page);
	unlock_page(page);
	if (vmf->flags & FAULT_FLAG_WRITE) {
		ret |= do_wp_page(vmf);
		goto out;
	}
unlock:
	pte_unmap_unlock(vmf->pte, vmf->ptl);
out:
	return ret;
out_nomap:
	pte_unmap_unlock(vmf->pte, vmf->ptl);
out_page:
	unlock_page(page);
out_release:
	put_page(page);
	return ret;
}

static vm_fault_t wp_page_copy(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct page *old = vmf->page, *new;
	bool copied = false;
	pte_t entry;

	new = alloc_page_vma(GFP_HIGHUSER_MOVABLE, vma, vmf->address);
	if (!new) {
		put_page(old);
		return VM_FAULT_OOM;
	}
	if (!cow_user_page(new, old, vmf))
		return 0;
	__SetPageUptodate(new);
	vmf->pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->address, &vmf->ptl);
	if (pte_same(*vmf->pte, vmf->orig_pte)) {
		entry = maybe_mkwrite(pte_mkdirty(mk_pte(new, vma->vm_page_prot)), vma);
		ptep_clear_flush_notify(vma, vmf->address, vmf->pte);
		page_add_new_anon_rmap(new, vma, vmf->address, false);
		lru_cache_add_inactive_or_unevictable(new, vma);
		set_pte_at_notify(vma->vm_mm, vmf->address, vmf->pte, entry);
		page_remove_rmap(old, false);
		new = old;
		copied = true;
	}
	put_page(new);
	pte_unmap_unlock(vmf->pte, vmf->ptl);
	if (copied)
		free_swap_cache(old);
	put_page(old);
	return 0;
}

static vm_fault_t do_wp_page(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct page *page;
	pte_t entry;

	if (userfaultfd_pte_wp(vma, *vmf->pte)) {
		pte_unmap_unlock(vmf->pte, vmf->ptl);
		return handle_userfault(vmf, VM_UFFD_WP);
	}
	page = vm_normal_page(vma, vmf->address, vmf->orig_pte);
	vmf->page = page;
	if (page_count(page) != 1 || !trylock_page(page))
		goto copy;
	if (page_mapcount(page) != 1 || page_count(page) != 1) {
		unlock_page(page);
		goto copy;
	}
	unlock_page(page);
	entry = maybe_mkwrite(pte_mkdirty(pte_mkyoung(vmf->orig_pte)), vma);
	ptep_set_access_flags(vma, vmf->address, vmf->pte, entry, 1);
	pte_unmap_unlock(vmf->pte, vmf->ptl);
	return VM_FAULT_WRITE;
copy:
	get_page(vmf->page);
	pte_unmap_unlock(vmf->pte, vmf->ptl);
	return wp_page_copy(vmf);
}
