/* Whose page it is. Written for the tests of Hooks. */

void page_move_anon_rmap(struct page *page, struct vm_area_struct *vma)
{
	page->mapping = anon_vma_of(vma);
	SetPageAnonExclusive(page);
}
