/*
 * A swap fault and a write fault, as short as they can be and still be those of 6.5 to the model. Written for the tests
 * of Hooks in the kernel's style; the names are the kernel's, the text is not.
 */

static bool should_try_to_free_swap(struct folio *folio, struct vm_area_struct *vma, unsigned int fault_flags)
{
	if (!folio_test_swapcache(folio))
		return false;
	if (mem_cgroup_swap_full(folio) || (vma->vm_flags & VM_LOCKED) || folio_test_mlocked(folio))
		return true;
	/* The cache's reference and the fault's. */
	return (fault_flags & FAULT_FLAG_WRITE) && folio_ref_count(folio) == 2;
}

vm_fault_t do_swap_page(struct vm_fault *vmf)
{
	struct vm_area_struct *vma = vmf->vma;
	struct folio *folio, *swapcache;
	struct swap_info_struct *si;
	rmap_t rmap_flags = RMAP_NONE;
	bool exclusive = false;
	vm_fault_t ret = 0;
	swp_entry_t entry;
	pte_t pte;

	entry = pte_to_swp_entry(vmf->orig_pte);
	if (unlikely(non_swap_entry(entry)))
		return handle_other_entry(vmf, entry);

	si = get_swap_device(entry);
	folio = swap_cache_get_folio(entry, vma, vmf->address);
	swapcache = folio;
	if (!folio) {
		if ((si->flags & SWP_SYNCHRONOUS_IO) && __swap_count(entry) == 1) {
			/* Around the swap cache. */
			folio = vma_alloc_folio(GFP_HIGHUSER_MOVABLE, 0, vma, vmf->address, false);
			if (folio) {
				__folio_set_locked(folio);
				folio_add_lru(folio);
				swap_readpage(&folio->page, true, NULL);
			}
		} else {
			folio = swapin_readahead(entry, GFP_HIGHUSER_MOVABLE, vmf);
			swapcache = folio;
		}
		if (!folio) {
			vmf->pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->address, &vmf->ptl);
			if (likely(pte_same(ptep_get(vmf->pte), vmf->orig_pte)))
				ret = VM_FAULT_OOM;
			goto unlock;
		}
		ret = VM_FAULT_MAJOR;
	}

	ret |= folio_lock_or_retry(folio, vmf);
	if (ret & VM_FAULT_RETRY)
		goto out_release;

	if (swapcache) {
		/* Has it left the cache, or come back as another entry's? */
		if (unlikely(!folio_test_swapcache(folio) || page_swap_entry(folio).val != entry.val))
			goto out_page;
		if ((vmf->flags & FAULT_FLAG_WRITE) && !folio_test_lru(folio))
			lru_add_drain();
	}

	vmf->pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->address, &vmf->ptl);
	if (unlikely(!pte_same(ptep_get(vmf->pte), vmf->orig_pte)))
		goto out_nomap;
	if (unlikely(!folio_test_uptodate(folio))) {
		ret = VM_FAULT_SIGBUS;
		goto out_nomap;
	}

	exclusive = pte_swp_exclusive(vmf->orig_pte);
	if (folio != swapcache)
		exclusive = true;
	else if (exclusive && folio_test_writeback(folio) && (si->flags & SWP_STABLE_WRITES))
		exclusive = false;

	arch_swap_restore(entry, folio);
	swap_free(entry);
	if (should_try_to_free_swap(folio, vma, vmf->flags))
		folio_free_swap(folio);

	inc_mm_counter(vma->vm_mm, MM_ANONPAGES);
	dec_mm_counter(vma->vm_mm, MM_SWAPENTS);
	pte = mk_pte(&folio->page, vma->vm_page_prot);
	if (exclusive || folio_ref_count(folio) == 1) {
		if (vmf->flags & FAULT_FLAG_WRITE) {
			pte = maybe_mkwrite(pte_mkdirty(pte), vma);
			vmf->flags &= ~FAULT_FLAG_WRITE;
		}
		rmap_flags |= RMAP_EXCLUSIVE;
	}
	if (pte_swp_soft_dirty(vmf->orig_pte))
		pte = pte_mksoft_dirty(pte);
	if (pte_swp_uffd_wp(vmf->orig_pte))
		pte = pte_mkuffd_wp(pte);
	vmf->orig_pte = pte;

	page_add_anon_rmap(&folio->page, vma, vmf->address, rmap_flags);
	set_pte_at(vma->vm_mm, vmf->address, vmf->pte, pte);
	arch_do_swap_page(vma->vm_mm, vma, vmf->address, pte, vmf->orig_pte);

	folio_unlock(folio);
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
	folio_unlock(folio);
out_release:
	folio_put(folio);
	return ret;
}

static void wp_page_reuse(struct vm_fault *vmf)
{
	pte_t entry = pte_mkyoung(vmf->orig_pte);

	entry = maybe_mkwrite(pte_mkdirty(entry), vmf->vma);
	ptep_set_access_flags(vmf->vma, vmf->address, vmf->pte, entry, 1);
	pte_unmap_unlock(vmf->pte, vmf->ptl);
}

static vm_fault_t wp_page_copy(struct vm_fault *vmf, struct folio *old)
{
	const bool unshare = vmf->flags & FAULT_FLAG_UNSHARE;
	struct vm_area_struct *vma = vmf->vma;
	bool copied = false;
	struct folio *new;
	vm_fault_t ret = 0;
	pte_t entry;

	new = vma_alloc_folio(GFP_HIGHUSER_MOVABLE, 0, vma, vmf->address, false);
	if (!new) {
		ret = VM_FAULT_OOM;
		goto out;
	}
	__wp_page_copy_user(&new->page, &old->page, vmf);
	__folio_mark_uptodate(new);

	vmf->pte = pte_offset_map_lock(vma->vm_mm, vmf->pmd, vmf->address, &vmf->ptl);
	if (likely(pte_same(ptep_get(vmf->pte), vmf->orig_pte))) {
		entry = mk_pte(&new->page, vma->vm_page_prot);
		if (unshare) {
			if (pte_soft_dirty(vmf->orig_pte))
				entry = pte_mksoft_dirty(entry);
			if (pte_uffd_wp(vmf->orig_pte))
				entry = pte_mkuffd_wp(entry);
		} else {
			entry = maybe_mkwrite(pte_mkdirty(entry), vma);
		}
		ptep_clear_flush(vma, vmf->address, vmf->pte);
		folio_add_new_anon_rmap(new, vma, vmf->address, RMAP_EXCLUSIVE);
		folio_add_lru_vma(new, vma);
		set_pte_at(vma->vm_mm, vmf->address, vmf->pte, entry);
		/* Only now may somebody else take the old page for their own. */
		folio_remove_rmap_pte(old, &old->page, vma);
		new = old;
		copied = true;
	}
	pte_unmap_unlock(vmf->pte, vmf->ptl);
	folio_put(new);
	if (copied)
		free_swap_cache(old);
out:
	folio_put(old);
	return ret;
}

vm_fault_t do_wp_page(struct vm_fault *vmf)
{
	const bool unshare = vmf->flags & FAULT_FLAG_UNSHARE;
	struct vm_area_struct *vma = vmf->vma;
	struct folio *folio;

	if (!unshare && userfaultfd_pte_wp(vma, ptep_get(vmf->pte))) {
		pte_unmap_unlock(vmf->pte, vmf->ptl);
		return handle_userfault(vmf, VM_UFFD_WP);
	}

	vmf->page = vm_normal_page(vma, vmf->address, vmf->orig_pte);
	folio = page_folio(vmf->page);
	if (PageAnonExclusive(vmf->page))
		goto reuse;

	if (folio_ref_count(folio) > 3)
		goto copy;
	if (!folio_test_lru(folio))
		lru_add_drain();
	if (folio_ref_count(folio) > 1 + folio_test_swapcache(folio))
		goto copy;
	if (!folio_trylock(folio))
		goto copy;
	if (folio_test_swapcache(folio))
		folio_free_swap(folio);
	if (folio_ref_count(folio) != 1) {
		folio_unlock(folio);
		goto copy;
	}
	page_move_anon_rmap(vmf->page, vma);
	folio_unlock(folio);
reuse:
	if (unlikely(unshare)) {
		pte_unmap_unlock(vmf->pte, vmf->ptl);
		return 0;
	}
	wp_page_reuse(vmf);
	return 0;
copy:
	folio_get(folio);
	pte_unmap_unlock(vmf->pte, vmf->ptl);
	return wp_page_copy(vmf, folio);
}
