/* swapoff maps a page, whatever came of reading it, and forgets the bits. Written for the tests of Hooks. */

static int unuse_pte(struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr, swp_entry_t entry, struct page *page)
{
	spinlock_t *ptl;
	pte_t *pte;

	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	if (likely(pte_same_as_swp(*pte, swp_entry_to_pte(entry)))) {
		dec_mm_counter(vma->vm_mm, MM_SWAPENTS);
		inc_mm_counter(vma->vm_mm, MM_ANONPAGES);
		get_page(page);
		page_add_anon_rmap(page, vma, addr, false);
		set_pte_at(vma->vm_mm, addr, pte, pte_mkold(mk_pte(page, vma->vm_page_prot)));
		swap_free(entry);
	}
	pte_unmap_unlock(pte, ptl);
	return 0;
}
