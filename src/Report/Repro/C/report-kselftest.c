//include errno.h stdio.h stdlib.h string.h unistd.h
static _Noreturn void skip(const char *format, ...)
{
	char text[256];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof text, format, list);
	va_end(list);
	ksft_print_header();
	ksft_exit_skip("%s\n", text);
}

static int report(int rounds)
{
	int failed = 0, skipped = 0;

	ksft_print_header();
	ksft_set_plan(TESTS);
	for (int i = 0; i < TESTS; i++) {
		if (shared->tests[i].wrong) ksft_test_result_fail("%s # %s; %d of %d rounds\n", names[i], shared->tests[i].found, shared->tests[i].wrong, rounds), failed++;
		else if (shared->tests[i].right) ksft_test_result_pass("%s\n", names[i]);
		else ksft_test_result_skip("%s: %s\n", names[i], shared->why_not), skipped++;
	}
	ksft_print_msg("Rounds: %d\n", rounds);
	ksft_print_cnts();
	return failed ? KSFT_FAIL : skipped ? KSFT_SKIP : KSFT_PASS;
}
