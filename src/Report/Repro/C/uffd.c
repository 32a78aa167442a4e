//include fcntl.h linux/userfaultfd.h setjmp.h signal.h sys/ioctl.h sys/syscall.h unistd.h
/* Of this process, or it is its parent's and about the parent's memory. */
static int userfaultfd_of_this_process(void)
{
	static int file = -1;
	static pid_t owner;
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_SIGBUS | UFFD_FEATURE_PAGEFAULT_FLAG_WP };

	if (file >= 0 && owner == getpid()) return file;
	file = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	owner = getpid();
	if (file < 0 || ioctl(file, UFFDIO_API, &api)) give_up("no userfaultfd with write protection: %s", strerror(errno));
	return file;
}

static void watch_page(char *page)
{
	struct uffdio_register watch = { .range = { (uintptr_t)page, page_size }, .mode = UFFDIO_REGISTER_MODE_WP };

	must(ioctl(userfaultfd_of_this_process(), UFFDIO_REGISTER, &watch));
}

/* There is nobody to handle the fault: a store to a protected page ends in SIGBUS (UFFD_FEATURE_SIGBUS). */
static sigjmp_buf trap;

static void on_trap(int signal)
{
	(void)signal;
	siglongjmp(trap, 1);
}

static bool store_traps(char *page, unsigned char value)
{
	struct sigaction action = { .sa_handler = on_trap };

	sigaction(SIGBUS, &action, 0);
	if (sigsetjmp(trap, 1)) return true;
	for (int quarter = 0; quarter < 4; quarter++) *(volatile char *)(page + quarter * page_size / 4) = value;
	return false;
}
