/* swapoff maps a page. Written for the tests of Hooks. */

static int unuse_pte(struct vm_area_struct *vma, pmd_t *pmd, unsigned long addr, swp_entry_t entry, struct folio *folio)
{
	rmap_t rmap_flags = RMAP_NONE;
	pte_t *pte, old_pte, new_pte;
	spinlock_t *ptl;

	pte = pte_offset_map_lock(vma->vm_mm, pmd, addr, &ptl);
	old_pte = ptep_get(pte);
	if (unlikely(!pte_same_as_swp(old_pte, swp_entry_to_pte(entry))))
		goto out;

	if (unlikely(!folio_test_uptodate(folio))) {
		dec_mm_counter(vma->vm_mm, MM_SWAPENTS);
		new_pte = swp_entry_to_pte(make_poisoned_swp_entry());
		goto setpte;
	}

	arch_swap_restore(entry, folio);
	dec_mm_counter(vma->vm_mm, MM_SWAPENTS);
	inc_mm_counter(vma->vm_mm, MM_ANONPAGES);
	folio_get(folio);
	if (pte_swp_exclusive(old_pte))
		rmap_flags |= RMAP_EXCLUSIVE;
	page_add_anon_rmap(&folio->page, vma, addr, rmap_flags);
	new_pte = pte_mkold(mk_pte(&folio->page, vma->vm_page_prot));
	if (pte_swp_soft_dirty(old_pte))
		new_pte = pte_mksoft_dirty(new_pte);
	if (pte_swp_uffd_wp(old_pte))
		new_pte = pte_mkuffd_wp(new_pte);
setpte:
	set_pte_at(vma->vm_mm, addr, pte, new_pte);
	swap_free(entry);
out:
	pte_unmap_unlock(pte, ptl);
	return 0;
}
