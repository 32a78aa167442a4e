//needs uffd
static void protect_page(char *page, bool protect)
{
	struct uffdio_writeprotect change = { .range = { (uintptr_t)page, page_size }, .mode = protect ? UFFDIO_WRITEPROTECT_MODE_WP : 0 };

	must(ioctl(userfaultfd_of_this_process(), UFFDIO_WRITEPROTECT, &change));
}
