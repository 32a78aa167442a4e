//include errno.h stdio.h stdlib.h string.h unistd.h
static _Noreturn void skip(const char *format, ...)
{
	va_list list;

	printf("TAP version 13\n1..0 # SKIP ");
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	printf("\n");
	exit(4);
}

static int report(int rounds)
{
	int passed = 0, failed = 0, skipped = 0;

	printf("TAP version 13\n1..%d\n", TESTS);
	for (int i = 0; i < TESTS; i++) {
		if (shared->tests[i].wrong) printf("not ok %d %s # %s; %d of %d rounds\n", i + 1, names[i], shared->tests[i].found, shared->tests[i].wrong, rounds), failed++;
		else if (shared->tests[i].right) printf("ok %d %s\n", i + 1, names[i]), passed++;
		else printf("ok %d %s # SKIP %s\n", i + 1, names[i], shared->why_not), skipped++;
	}
	printf("# Rounds: %d\n", rounds);
	printf("# Totals: pass:%d fail:%d xfail:0 xpass:0 skip:%d error:0\n", passed, failed, skipped);
	return failed ? 1 : skipped ? 4 : 0;
}
