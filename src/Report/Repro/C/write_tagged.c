//needs mte
/* Through pointers with the tags that the program has set: no check may fail. */
static void write_tagged(int test, char *page, unsigned tags, unsigned char value)
{
	bool failed[4];

	for (int quarter = 0; quarter < 4; quarter++) {
		mismatch = 0;
		*(volatile char *)with_tag(page + quarter * page_size / 4, tag_in(tags, quarter)) = value;
		failed[quarter] = mismatch;
		checks_on();
	}
	result(test, !failed[0] && !failed[1] && !failed[2] && !failed[3], "SIGSEGV (SEGV_MTESERR) in quarters %d%d%d%d", failed[0], failed[1], failed[2], failed[3]);
}
