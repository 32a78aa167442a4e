/* Reads some slots ahead, and gives what it has read to the LRU. */
struct page *swap_cluster_readahead(swp_entry_t entry, gfp_t gfp, struct vm_fault *vmf)
{
	struct page *page = read_around(entry, gfp, vmf);

	lru_add_drain();
	return page;
}
