//needs uffd
/* A store that must trap, as the page is protected, or must not. */
static void expect_store(int test, char *page, unsigned char value, bool trap_expected)
{
	bool traps = store_traps(page, value);

	result(test, traps == trap_expected, traps ? "the store traps (SIGBUS)" : "the store does not trap");
}
