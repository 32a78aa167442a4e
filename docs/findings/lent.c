// SPDX-License-Identifier: GPL-2.0
/*
 * Does what the kernel writes through a registered buffer survive memory pressure?
 *
 * A buffer registered with io_uring is pinned for writing; a read into it (IORING_OP_READ_FIXED) stores through the pin, and when the buffer is given back
 * nobody makes the page dirty. If its entry was writable and clean, GUP-fast has taken it as it was, and memory pressure drops what was written:
 * the old slot is read back, or zero. Three ways to such an entry: a read fault of do_swap_page() (6.11 on), mprotect() of a clean page that was
 * read-only (6.2 on), and MADV_FREE.
 *
 *     cc -O2 -static -o lent lent.c; ./lent /dev/DISK    (as root; the disk becomes swap, and is overwritten)    TAP; exit code 0 pass, 1 fail, 4 skip
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef MADV_COLD
#define MADV_COLD 20
#endif
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#define CGROUP "/sys/fs/cgroup/lent"
#define SLOTS 64
#define ROUNDS 20
#define OLD 1
#define NEW 2

static size_t page_size;

static _Noreturn void skip(const char *why)
{
	printf("TAP version 13\n1..0 # SKIP %s: %s\n", why, strerror(errno));
	exit(4);
}

static bool write_text(const char *path, const char *text)
{
	int file = open(path, O_WRONLY);
	bool done = file >= 0 && write(file, text, strlen(text)) >= 0;

	if (file >= 0) close(file);
	return done;
}

static void make_swap(const char *device)
{
	char *header = aligned_alloc(page_size, page_size);
	uint32_t numbers[3] = { 1, SLOTS, 0 };
	int file = open(device, O_RDWR);

	memset(header, 0, page_size);
	memcpy(header + 1024, numbers, sizeof numbers);
	memcpy(header + page_size - 10, "SWAPSPACE2", 10);
	if (file < 0 || pwrite(file, header, page_size, 0) != (ssize_t)page_size || fsync(file)) skip(device);
	close(file);
	free(header);
	if (swapon(device, 0)) skip("swapon");
}

/* Mapped, or swapped out and still in the swap cache, which mincore() tells. */
static bool is_in_memory(char *page)
{
	unsigned char in_cache = 0;
	uint64_t entry = 0;
	int file = open("/proc/self/pagemap", O_RDONLY);

	if (file < 0 || pread(file, &entry, sizeof entry, (uintptr_t)page / page_size * sizeof entry) != sizeof entry) skip("/proc/self/pagemap");
	close(file);
	return entry >> 63 || ((entry >> 62 & 1) && mincore(page, page_size, &in_cache) == 0 && (in_cache & 1));
}

/* Written if it must be, unmapped, and out of the swap cache. */
static bool evict(char *page, bool pageout)
{
	static char *other;

	if (!other) other = mmap(0, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (int tries = 0; tries < 300 && is_in_memory(page); tries++) {
		if (pageout) madvise(page, page_size, MADV_PAGEOUT);
		madvise(other, page_size, MADV_COLD); /* empties the CPU's batches */
		write_text(CGROUP "/memory.reclaim", "4K");
		usleep(1000);
	}
	return !is_in_memory(page);
}

/* The kernel stores through a pin: what is read from a pipe into a registered buffer. */
static void device_writes(char *page, unsigned char value)
{
	struct io_uring_params about = { 0 };
	struct iovec buffer = { page, page_size };
	char *data = malloc(page_size);
	int ring = syscall(SYS_io_uring_setup, 1, &about), source[2];
	size_t sq = about.sq_off.array + about.sq_entries * sizeof(uint32_t), cq = about.cq_off.cqes + about.cq_entries * sizeof(struct io_uring_cqe), bytes = sq > cq ? sq : cq;

	if (ring < 0 || pipe(source) || syscall(SYS_io_uring_register, ring, IORING_REGISTER_BUFFERS, &buffer, 1)) skip("io_uring");
	char *rings = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQ_RING);
	struct io_uring_sqe *entry = mmap(0, page_size, PROT_READ | PROT_WRITE, MAP_SHARED, ring, IORING_OFF_SQES);
	if (rings == MAP_FAILED || entry == MAP_FAILED) skip("io_uring");
	memset(data, value, page_size);
	if (write(source[1], data, page_size) != (ssize_t)page_size) skip("pipe");
	*entry = (struct io_uring_sqe){ .opcode = IORING_OP_READ_FIXED, .fd = source[0], .addr = (uintptr_t)page, .len = page_size };
	((uint32_t *)(rings + about.sq_off.array))[0] = 0;
	atomic_fetch_add((_Atomic uint32_t *)(rings + about.sq_off.tail), 1);
	if (syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, 0, 0) != 1) skip("io_uring_enter");
	if (((struct io_uring_cqe *)(rings + about.cq_off.cqes))->res != (int)page_size) skip("IORING_OP_READ_FIXED");
	munmap(rings, bytes);
	munmap(entry, page_size);
	close(ring);
	close(source[0]);
	close(source[1]);
	free(data);
	usleep(20000); /* the ring, and its pin, go when it has no user any more */
}

enum { READ_FAULT, MPROTECT, FREE, WAYS };
static const char *const names[WAYS] = { "read back from swap", "read back from swap, then mprotect() from read-only", "given up with MADV_FREE" };

/* What is found at the end; -1: the page did not go where it should. */
static int once(int way)
{
	volatile char *page = mmap(0, page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int found = -1;

	page[0] = OLD;
	if (way == MPROTECT) mprotect((void *)page, page_size, PROT_READ);
	if (way == FREE) madvise((void *)page, page_size, MADV_FREE);
	else if (!evict((char *)page, true) || page[0] != OLD) goto out;
	if (way == MPROTECT) mprotect((void *)page, page_size, PROT_READ | PROT_WRITE);
	device_writes((char *)page, NEW);
	if (evict((char *)page, way != FREE)) found = page[0];
out:
	munmap((void *)page, page_size);
	return found;
}

int main(int argc, char **argv)
{
	cpu_set_t one;
	int wrong_in_all = 0, said = 0;

	setvbuf(stdout, 0, _IOLBF, 0);
	page_size = sysconf(_SC_PAGESIZE);
	if (argc < 2) errno = EINVAL, skip("a disk to be overwritten is wanted");
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof one, &one);
	write_text("/proc/sys/vm/page-cluster", "0");
	write_text("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	if ((mkdir(CGROUP, 0755) && errno != EEXIST) || !write_text(CGROUP "/cgroup.procs", "0") || access(CGROUP "/memory.reclaim", W_OK)) skip("memory.reclaim (cgroup v2, Linux 5.19)");
	make_swap(argv[1]);
	mlockall(MCL_CURRENT);
	printf("TAP version 13\n1..%d\n", WAYS);
	for (int way = 0; way < WAYS; way++) {
		int wrong = 0, rounds = 0;

		for (int i = 0; i < ROUNDS; i++) {
			int found = once(way);

			if (found < 0) continue;
			rounds++;
			wrong += found != NEW;
		}
		said += rounds;
		wrong_in_all += wrong;
		printf("%sok %d %s # %s%d of %d rounds lost what was written\n", wrong ? "not " : "", way + 1, names[way], rounds ? "" : "SKIP the page stays where it is; ", wrong, rounds);
	}
	swapoff(argv[1]);
	return wrong_in_all ? 1 : said ? 0 : 4;
}
