// SPDX-License-Identifier: GPL-2.0
/*
 * Is the last owner of a page that comes back from swap recognised as exclusive?
 *
 * A page is written and swapped out; fork(), and the child ends at once; the parent reads the page, and then writes it. It is alone, so the read can map
 * the page exclusive and, from 6.11 on, writable: then the write takes no fault. Where it is not recognised, the write takes one more, and a pin for
 * reading gets a copy. Nothing is lost by it. (Before 6.11 a read maps no page writable, and faults do not tell.)
 *
 *     cc -O2 -static -o exclusive exclusive.c; ./exclusive    (as root: it makes swap in /dev/zram0)    TAP; exit code 0 pass, 1 fail, 4 skip
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/swap.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#define AREA "/dev/zram0"
#define SLOTS 64
#define ROUNDS 50

static size_t page_size;

static int skip(const char *why)
{
	printf("TAP version 13\n1..0 # SKIP %s%s%s\n", why, errno ? ": " : "", errno ? strerror(errno) : "");
	return 4;
}

static bool make_swap(void)
{
	char *header = aligned_alloc(page_size, page_size), size[32];
	uint32_t numbers[3] = { 1, SLOTS, 0 };
	int file = open("/sys/block/zram0/disksize", O_WRONLY);

	snprintf(size, sizeof size, "%zu", (SLOTS + 1) * page_size);
	if (file < 0 || write(file, size, strlen(size)) < 0) return false;
	close(file);
	memset(header, 0, page_size);
	memcpy(header + 1024, numbers, sizeof numbers);
	memcpy(header + page_size - 10, "SWAPSPACE2", 10);
	file = open(AREA, O_RDWR);
	if (file < 0 || pwrite(file, header, page_size, 0) != (ssize_t)page_size || fsync(file)) return false;
	close(file);
	return swapon(AREA, 0) == 0;
}

static bool is_in_memory(const char *page)
{
	uint64_t entry = 0;
	int file = open("/proc/self/pagemap", O_RDONLY);

	if (file < 0 || pread(file, &entry, sizeof entry, (uintptr_t)page / page_size * sizeof entry) != sizeof entry) exit(skip("/proc/self/pagemap"));
	close(file);
	return entry >> 63;
}

static long faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return usage.ru_minflt + usage.ru_majflt;
}

int main(void)
{
	int needless = 0, rounds = 0, major = 0, minor = 0;
	struct utsname kernel;

	uname(&kernel);
	if (sscanf(kernel.release, "%d.%d", &major, &minor) != 2 || major < 6 || (major == 6 && minor < 11)) return errno = 0, skip("before 6.11 faults do not tell");
	page_size = sysconf(_SC_PAGESIZE);
	if (!make_swap()) return skip("no swap in " AREA);
	for (; rounds < ROUNDS; rounds++) {
		volatile char *page = mmap(0, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		pid_t child;
		long before;

		page[0] = 1;
		for (int tries = 0; tries < 100 && is_in_memory((char *)page); tries++) madvise((void *)page, page_size, MADV_PAGEOUT);
		if (is_in_memory((char *)page)) return skip("MADV_PAGEOUT left the page where it was");
		child = fork();
		if (child == 0) _exit(0);
		waitpid(child, 0, 0);
		faults(); /* so that what counting takes is there */
		if (page[0] != 1) printf("Bail out! the page has lost its data\n"), exit(1);
		before = faults();
		page[0] = 2;
		needless += faults() != before;
		munmap((void *)page, page_size);
	}
	swapoff(AREA);
	printf("TAP version 13\n1..1\n%sok 1 the last owner writes without a fault # %d of %d rounds took one\n", needless ? "not " : "", needless, rounds);
	return needless != 0;
}
