//needs pagemap
/* /proc/self/pagemap: bit 57, write-protected by userfaultfd, in memory or swapped out. */
static void expect_protected(int test, const char *page)
{
	result(test, pagemap(page) >> 57 & 1, "the page is not write-protected any more");
}
