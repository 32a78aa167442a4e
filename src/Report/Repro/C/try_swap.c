//needs page_out map
/*
 * Does a page go to swap here at all? And where a larger area has switched the slot cache on (until 6.13), it is switched off when
 * the next slot is asked for: that is this one.
 */
static void try_swap(void)
{
	char *page = mmap(0, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	page[0] = 1;
	AWAY
	munmap(page, page_size);
}
