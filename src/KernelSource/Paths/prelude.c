/*
 * Functions of the kernel that are steps of the model taken together, as C over the model's own primitives.
 * CALLS("file", function, callee) asks the tree: does that function call that one?
 */

struct folio *swapin_readahead(swp_entry_t entry)
{
	struct folio *folio = read_swap_cache_async(entry);

	if (!folio || found_in_swap_cache())
		return folio;
	end_swap_read(folio, entry);
	/* A window of readahead pushes what it read onto the LRU. */
	if (CALLS("mm/swap_state.c", swap_cluster_readahead, lru_add_drain))
		lru_add_drain();
	return folio;
}

/* A synchronous device: into the swap cache, this page and no others. */
struct folio *swapin_sync(swp_entry_t entry)
{
	struct folio *folio = read_swap_cache_async(entry);

	if (folio && !found_in_swap_cache())
		end_swap_read(folio, entry);
	return folio;
}

/* One swap PTE fewer; what only the swap cache has then leaves it. */
int free_swap_and_cache(swp_entry_t entry)
{
	swap_free(entry);
	__try_to_reclaim_swap(entry);
	return 1;
}

/* Until 6.6; it marks the page from 5.19 on. */
void page_move_anon_rmap(struct page *page)
{
	if (CALLS("mm/rmap.c", page_move_anon_rmap, SetPageAnonExclusive))
		SetPageAnonExclusive(page);
}

/* Of the folio that is reclaimed, whatever else it is given. */
int __swap_writepage(void)
{
	start_writeback();
	if (write_ends_at_once())
		folio_end_writeback(reclaimed_folio());
	return 0;
}
