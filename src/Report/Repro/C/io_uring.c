//include linux/io_uring.h stdatomic.h string.h sys/mman.h sys/syscall.h sys/uio.h unistd.h
/*
 * A buffer registered with io_uring is pinned for writing (pin_user_pages()) for as long as it is registered, and a read into it stores
 * through the pin, as a device does.
 */
static struct pin {
	int ring;
	char *address;
	struct io_uring_params about;
} pins[PINS];

static void pin_page(int pin, char *page)
{
	struct iovec buffer = { page, page_size };

	memset(&pins[pin], 0, sizeof *pins);
	pins[pin].address = page;
	pins[pin].ring = syscall(SYS_io_uring_setup, 1, &pins[pin].about);
	if (pins[pin].ring < 0) give_up("io_uring_setup(): %s", strerror(errno));
	if (syscall(SYS_io_uring_register, pins[pin].ring, IORING_REGISTER_BUFFERS, &buffer, 1)) give_up("IORING_REGISTER_BUFFERS: %s", strerror(errno));
}
