//needs mte values compare
//include stdio.h
/* The same through pointers with the tags that the program has set: no check may fail. */
static void expect_tagged_of(int test, const char *page, unsigned tags, const int *values, int count)
{
	unsigned char found[4];
	char more[64] = "";
	bool failed[4];

	for (int quarter = 0; quarter < 4; quarter++) {
		mismatch = 0;
		found[quarter] = *(volatile char *)with_tag(page + quarter * page_size / 4, tag_in(tags, quarter));
		failed[quarter] = mismatch;
		checks_on();
	}
	if (failed[0] || failed[1] || failed[2] || failed[3]) sprintf(more, ", SIGSEGV (SEGV_MTESERR) in quarters %d%d%d%d", failed[0], failed[1], failed[2], failed[3]);
	compare(test, found, values, count, more);
}

#define expect_tagged(test, page, tags, ...) expect_tagged_of(test, page, tags, VALUES(__VA_ARGS__))
