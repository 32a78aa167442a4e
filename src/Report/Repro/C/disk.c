//needs make_swap
//include fcntl.h linux/loop.h stdio.h stdlib.h sys/ioctl.h unistd.h
/* A loop device over a file in this folder, or the device that the command line names. */
static char *const *given_disks;
static int loops[2], loop_count;

static void remove_loops(void)
{
	while (loop_count > 0) {
		ioctl(loops[--loop_count], LOOP_CLR_FD, 0);
		close(loops[loop_count]);
	}
}

static void make_disk(char device[32], unsigned slots)
{
	char name[] = "swap-repro.XXXXXX";
	char *zeros = calloc(1, page_size);

	if (*given_disks) snprintf(device, 32, "%s", *given_disks++);
	else {
		int control = open("/dev/loop-control", O_RDWR | O_CLOEXEC), file = mkstemp(name);

		if (file < 0) skip("no file can be made here: %s", strerror(errno));
		unlink(name);
		for (unsigned page = 0; page <= slots; page++)
			if (write(file, zeros, page_size) != (ssize_t)page_size) skip("no room for swap in this folder: %s", strerror(errno));
		int number = control < 0 ? -1 : ioctl(control, LOOP_CTL_GET_FREE);
		snprintf(device, 32, "/dev/loop%d", number);
		int loop = number < 0 ? -1 : open(device, O_RDWR | O_CLOEXEC);
		if (loop < 0 || ioctl(loop, LOOP_SET_FD, file)) skip("no loop device: %s; name a block device that may be overwritten", strerror(errno));
		if (loop_count == 0) atexit(remove_loops);
		loops[loop_count++] = loop;
		close(file);
		close(control);
	}
	free(zeros);
	if (make_swap(device, slots)) skip("%s: %s", device, strerror(errno));
}
