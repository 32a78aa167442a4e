//include fcntl.h stdint.h sys/mman.h unistd.h
/* /proc/self/pagemap: bit 63 in memory, bit 62 swapped out. */
static uint64_t pagemap(const char *page)
{
	uint64_t entry = 0;
	int file = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	if (file < 0 || pread(file, &entry, sizeof entry, (uintptr_t)page / page_size * sizeof entry) != sizeof entry) give_up("/proc/self/pagemap: %s", strerror(errno));
	close(file);
	return entry;
}

static bool is_mapped_in(const char *page)
{
	return pagemap(page) >> 63;
}
