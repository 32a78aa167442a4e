//include signal.h stdio.h string.h sys/prctl.h sys/wait.h unistd.h
static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal)
{
	(void)signal;
	interrupted = 1;
}

static bool failed(void)
{
	for (int i = 0; i < TESTS; i++)
		if (shared->tests[i].wrong) return true;
	return false;
}

/* Once through the case, in a process group of its own. */
static void run_round(void)
{
	pid_t group = fork(), child;
	int status;

	if (group == 0) {
		setpgid(0, 0);
		alarm(SECONDS);
		the_case();
		_exit(0);
	}
	setpgid(group, group);
	while ((child = wait(&status)) > 0 || errno == EINTR) {
		if (child > 0 && status == 0) continue;
		kill(-group, SIGKILL);
		if (child > 0 && WIFSIGNALED(status) && !shared->gave_up)
			result(TESTS, false, "the program ended with signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	}
}
