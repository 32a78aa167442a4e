//needs large mte set_tag
/* Memory that others have had: tags 15 all over it, in folios as the case's will be. */
static void leave_tags(void)
{
	size_t size = 4096 * FOLIO_PAGES * page_size;
	char *pages = mmap(0, size, PROT_READ | PROT_WRITE | PROT_MTE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED) give_up("mmap: %s", strerror(errno));
	madvise(pages, size, MADV_HUGEPAGE);
	for (char *page = pages; page < pages + size; page += page_size) set_tag(page, 15);
	munmap(pages, size);
}
