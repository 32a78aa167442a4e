//include signal.h time.h
int main(int argc, char **argv)
{
	struct sigaction interrupt = { .sa_handler = on_interrupt };
	int rounds = 0;

	(void)argc, (void)argv;
	setvbuf(stdout, 0, _IOLBF, 0);
	if (geteuid()) skip("must be root, to make swap");
	page_size = sysconf(_SC_PAGESIZE);
	shared = mmap(0, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	strcpy(shared->why_not, "never came so far");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	SETUP
	sigaction(SIGINT, &interrupt, 0);
	sigaction(SIGTERM, &interrupt, 0);
	ROUND_LOOP
	return interrupted ? 130 : report(rounds);
}
