//include fcntl.h stdint.h string.h unistd.h
/* What mkswap writes: version 1, and the last page that can be used. */
static int make_swap(const char *device, unsigned slots)
{
	char *header = aligned_alloc(page_size, page_size);
	uint32_t numbers[3] = { 1, slots, 0 };
	int file = open(device, O_RDWR | O_CLOEXEC);

	memset(header, 0, page_size);
	memcpy(header + 1024, numbers, sizeof numbers);
	memcpy(header + page_size - 10, "SWAPSPACE2", 10);
	bool done = file >= 0 && pwrite(file, header, page_size, 0) == (ssize_t)page_size && fsync(file) == 0;
	int error = errno;

	if (file >= 0) close(file);
	free(header);
	errno = error;
	return done ? 0 : -1;
}
