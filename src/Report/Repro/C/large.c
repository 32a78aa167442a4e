//needs map pagemap write_text read_text
//include stdlib.h string.h sys/mman.h unistd.h
#ifndef MADV_HUGEPAGE
#define MADV_HUGEPAGE 14
#endif
/* The smallest large folio of anonymous memory: four pages, where a mapping asks for it. */
#define FOLIO_PAGES 4
#define FOLIO_SIZES "/sys/kernel/mm/transparent_hugepage/hugepages-16kB/enabled"
static char sizes_before[64];

static void sizes_back(void)
{
	write_text(FOLIO_SIZES, sizes_before);
}

static void map_large(char *first, int more)
{
	/* Neighbours that are alike are one mapping. */
	for (int i = 0; i < FOLIO_PAGES; i++) map_page(first + i * page_size, more);
	must(madvise(first, FOLIO_PAGES * page_size, MADV_HUGEPAGE));
}

/* Is one store enough to have all four? */
static void start_large_folios(void)
{
	char line[64], *chosen, *pages;
	bool all;

	if (page_size != 4096) skip("pages of %zu bytes: this is for 4096", page_size);
	if (read_text(FOLIO_SIZES, line, sizeof line) <= 0) skip("no folios of four pages (CONFIG_TRANSPARENT_HUGEPAGE, from 6.8 on)");
	if ((chosen = strchr(line, '['))) {
		chosen++;
		chosen[strcspn(chosen, "]")] = 0;
		strcpy(sizes_before, chosen);
		atexit(sizes_back);
	}
	write_text(FOLIO_SIZES, "madvise");
	pages = mmap(0, 2 * FOLIO_PAGES * page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(pages, 2 * FOLIO_PAGES * page_size, MADV_HUGEPAGE);
	char *first = (char *)(((uintptr_t)pages + FOLIO_PAGES * page_size - 1) & ~(FOLIO_PAGES * page_size - 1));
	first[0] = 1;
	all = is_mapped_in(first + (FOLIO_PAGES - 1) * page_size);
	munmap(pages, 2 * FOLIO_PAGES * page_size);
	if (!all) skip("a store to a new mapping gets one page: no folio of four to be had");
}
