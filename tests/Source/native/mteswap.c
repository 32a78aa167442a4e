/*
 * Tags by swap entry, as short as they can be and still be arm64's to the model. Written for the tests of Hooks in the kernel's style; the names are the
 * kernel's, the text is not.
 */
#include <linux/xarray.h>
#include <linux/swapops.h>
#include <asm/mte.h>

static DEFINE_XARRAY(mte_pages);

int mte_save_tags(struct page *page)
{
	void *tags, *old;

	if (!page_mte_tagged(page))
		return 0;
	tags = kmalloc(MTE_PAGE_TAG_STORAGE, GFP_KERNEL);
	if (!tags)
		return -ENOMEM;
	mte_save_page_tags(page_address(page), tags);
	old = xa_store(&mte_pages, page_swap_entry(page).val, tags, GFP_KERNEL);
	if (xa_is_err(old)) {
		kfree(tags);
		return xa_err(old);
	}
	kfree(old);
	return 0;
}

void mte_invalidate_tags(int type, pgoff_t offset)
{
	kfree(xa_erase(&mte_pages, swp_entry(type, offset).val));
}

void mte_invalidate_tags_area(int type)
{
	unsigned long last = swp_entry(type + 1, 0).val - 1;
	void *tags;
	XA_STATE(state, &mte_pages, swp_entry(type, 0).val);

	xas_for_each(&state, tags, last)
		kfree(__xa_erase(&mte_pages, state.xa_index));
}

int arch_prepare_to_swap(struct folio *folio)
{
	return mte_save_tags(&folio->page);
}

void arch_swap_restore(swp_entry_t entry, struct folio *folio)
{
	void *tags = xa_load(&mte_pages, entry.val);

	if (!tags || !try_page_mte_tagging(&folio->page))
		return;
	mte_restore_page_tags(page_address(&folio->page), tags);
	set_page_mte_tagged(&folio->page);
}
