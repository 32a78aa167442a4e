//needs pagemap
//include sys/mman.h unistd.h
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

/* madvise() says 0 whatever becomes of the page: look. */
static void page_out(char *page)
{
	for (int tries = 0; tries < 100; tries++) {
		must(madvise(page, page_size, MADV_PAGEOUT));
		if (!is_mapped_in(page)) return;
		usleep(1000);
	}
	give_up("MADV_PAGEOUT left the page where it was");
}
