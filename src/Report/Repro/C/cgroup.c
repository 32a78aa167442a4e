//needs write_text
//include stdlib.h sys/stat.h unistd.h
/* Of its own, so that memory pressure finds the pages of the case and nobody else's. */
#define CGROUP "/sys/fs/cgroup/swap-repro"

static void remove_cgroup(void)
{
	for (int tries = 0; rmdir(CGROUP) && errno == EBUSY && tries < 1000; tries++) usleep(1000);
}

static void make_cgroup(void)
{
	write_text("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	if (mkdir(CGROUP, 0755) && errno != EEXIST) skip("no cgroup v2 at /sys/fs/cgroup: %s", strerror(errno));
	atexit(remove_cgroup);
	if (access(CGROUP "/memory.reclaim", W_OK)) skip("no memory.reclaim in the cgroup (Linux 5.19, and a memory controller)");
}
