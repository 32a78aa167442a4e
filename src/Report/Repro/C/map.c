//include sys/mman.h
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

static void map_page(char *page, int more)
{
	if (mmap(page, page_size, PROT_READ | PROT_WRITE | more, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) != page) give_up("mmap: %s", strerror(errno));
}
