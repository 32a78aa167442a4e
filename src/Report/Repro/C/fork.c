//needs processes
//include unistd.h
static void fork_process(int parent, int child)
{
	gone[child] = false;
	if (!turn(parent)) return;
	pid_t pid = fork();

	must(pid);
	if (pid == 0) {
		self = child;
		IN_CHILD
	} else pids[child] = pid;
}
