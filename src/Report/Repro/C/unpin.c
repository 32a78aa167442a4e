//needs io_uring
static void unpin_page(int pin)
{
	must(syscall(SYS_io_uring_register, pins[pin].ring, IORING_UNREGISTER_BUFFERS, 0, 0));
	close(pins[pin].ring);
	pins[pin].ring = 0;
}
