//needs pagemap
/* Mapped, or swapped out and still in the swap cache, which mincore() tells. */
static bool is_in_memory(const char *page)
{
	unsigned char in_cache = 0;
	uint64_t entry = pagemap(page);

	if (entry >> 63) return true;
	return (entry >> 62 & 1) && mincore((void *)page, page_size, &in_cache) == 0 && (in_cache & 1);
}
