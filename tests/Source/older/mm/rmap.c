/* Whose page it is, and how a mapping is taken away. Written for the tests of Hooks. */

void page_move_anon_rmap(struct page *page, struct vm_area_struct *vma)
{
	page->mapping = anon_vma_of(vma);
}

static bool try_to_unmap_one(struct page *page, struct vm_area_struct *vma, unsigned long address, void *arg)
{
	struct page_vma_mapped_walk pvmw = { .page = page, .vma = vma, .address = address };
	struct mm_struct *mm = vma->vm_mm;
	struct page *subpage;
	pte_t pteval, swp_pte;
	swp_entry_t entry;
	bool ret = true;

	while (page_vma_mapped_walk(&pvmw)) {
		if (vma->vm_flags & VM_LOCKED) {
			mlock_vma_page(page);
			goto stays;
		}
		subpage = page - page_to_pfn(page) + pte_pfn(*pvmw.pte);
		pteval = ptep_clear_flush(vma, address, pvmw.pte);
		if (pte_dirty(pteval))
			set_page_dirty(page);
		if (!PageSwapBacked(page)) {
			if (!PageDirty(page)) {
				dec_mm_counter(mm, MM_ANONPAGES);
				goto gone;
			}
			set_pte_at(mm, address, pvmw.pte, pteval);
			SetPageSwapBacked(page);
			goto stays;
		}
		entry.val = page_private(subpage);
		if (swap_duplicate(entry) < 0 || arch_unmap_one(mm, vma, address, pteval) < 0) {
			/* Until 5.18 the slot keeps a count that nobody has. */
			set_pte_at(mm, address, pvmw.pte, pteval);
			goto stays;
		}
		dec_mm_counter(mm, MM_ANONPAGES);
		inc_mm_counter(mm, MM_SWAPENTS);
		swp_pte = swp_entry_to_pte(entry);
		if (pte_soft_dirty(pteval))
			swp_pte = pte_swp_mksoft_dirty(swp_pte);
		if (pte_uffd_wp(pteval))
			swp_pte = pte_swp_mkuffd_wp(swp_pte);
		set_pte_at(mm, address, pvmw.pte, swp_pte);
gone:
		page_remove_rmap(subpage, false);
		put_page(page);
		continue;
stays:
		ret = false;
		page_vma_mapped_walk_done(&pvmw);
		break;
	}
	return ret;
}
