//needs cgroup in_memory
//include fcntl.h sys/mman.h unistd.h
#ifndef MADV_COLD
#define MADV_COLD 20
#endif
#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

/* The program's own memory, which the pressure shall not take: it would need slots too. */
static struct {
	void *start;
	size_t length;
} own[64];
static int own_count;

static void find_own_memory(void)
{
	char line[256];
	FILE *maps = fopen("/proc/self/maps", "re");

	while (maps && own_count < 64 && fgets(line, sizeof line, maps)) {
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx", &start, &end) != 2) continue;
		own[own_count].start = (void *)start;
		own[own_count++].length = end - start;
	}
	if (maps) fclose(maps);
}

/* A child does not inherit the locks. */
static void lock_own_memory(void)
{
	for (int i = 0; i < own_count; i++) mlock2(own[i].start, own[i].length, MLOCK_ONFAULT);
}

/* Memory pressure, until the page is written, unmapped everywhere and out of the swap cache. */
static bool try_to_evict(char *page)
{
	static char *other;

	if (!other) other = mmap(0, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int tries = 0; tries < 300; tries++) {
		if (!is_in_memory(page)) return true;
		madvise(other, page_size, MADV_COLD); /* begins with lru_add_drain(): pages in the CPU's batches are on no list yet */
		int error = write_text(CGROUP "/memory.reclaim", "4K");
		if (error < 0 && error != -EAGAIN) give_up("memory.reclaim: %s", strerror(-error));
		if (tries > 20) usleep(1000);
	}
	return false;
}
