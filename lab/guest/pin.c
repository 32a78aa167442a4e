/*
 * pin.c: references to a page that outlast the call that took them.
 *
 * Two calls give user space such a thing. io_uring's registered buffers are pinned for as long as they are registered
 * (pin_user_pages(FOLL_WRITE | FOLL_LONGTERM)), and a read into one stores through the pin. vmsplice() puts a plain reference
 * for reading into a pipe (get_user_pages()). process_vm_writev() pins too, but not beyond the call.
 */
#include "agent.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

struct ring {
	int file; /* 0: none */
	void *rings, *entries;
	size_t rings_bytes, entries_bytes;
	struct io_uring_params parameters;
};

struct pin {
	struct ring ring; /* io_uring, or none */
	int pipe[2];      /* vmsplice(), or 0 */
	char *address;
};

static struct pin pins[PAGES];

/*
 * Rings that no pin uses. They are kept: a ring that is closed sends its process a task work later (io_ring_exit_work()), and a fault that waits
 * for the disk then is broken off, begun anew, and counted as a minor one.
 */
static struct ring spare[PAGES];
static int spare_count;

bool is_pinned(int page)
{
	return pins[page].ring.file || pins[page].pipe[0];
}

static void give_back(struct ring *ring)
{
	if (ring->rings) munmap(ring->rings, ring->rings_bytes);
	if (ring->entries) munmap(ring->entries, ring->entries_bytes);
	if (ring->file) close(ring->file);
	memset(ring, 0, sizeof *ring);
}

static bool get_ring(struct ring *ring)
{
	memset(ring, 0, sizeof *ring);
	if (spare_count) {
		*ring = spare[--spare_count];
		return true;
	}
	int file = syscall(SYS_io_uring_setup, 1, &ring->parameters);
	if (file < 0) return false;
	ring->file = file;
	return true;
}

bool pin_write(int page, char *address)
{
	struct pin *pin = &pins[page];
	struct iovec buffer = { address, PAGE_BYTES };
	memset(pin, 0, sizeof *pin);
	pin->address = address;
	if (!get_ring(&pin->ring)) return false;
	if (syscall(SYS_io_uring_register, pin->ring.file, IORING_REGISTER_BUFFERS, &buffer, 1)) {
		int error = errno;
		spare[spare_count++] = pin->ring;
		memset(pin, 0, sizeof *pin);
		errno = error;
		return false;
	}
	return true;
}

bool pin_get(int page, char *address)
{
	struct pin *pin = &pins[page];
	struct iovec buffer = { address, PAGE_BYTES };
	memset(pin, 0, sizeof *pin);
	if (pipe2(pin->pipe, O_NONBLOCK)) return false;
	if (vmsplice(pin->pipe[1], &buffer, 1, 0) == PAGE_BYTES) return true;
	int error = errno;
	close(pin->pipe[0]);
	close(pin->pipe[1]);
	memset(pin, 0, sizeof *pin);
	errno = error;
	return false;
}

bool unpin(int page)
{
	struct pin *pin = &pins[page];
	if (!is_pinned(page)) return false;
	if (pin->ring.file) {
		syscall(SYS_io_uring_register, pin->ring.file, IORING_UNREGISTER_BUFFERS, 0, 0);
		spare[spare_count++] = pin->ring;
	} else {
		close(pin->pipe[0]);
		close(pin->pipe[1]);
	}
	memset(pin, 0, sizeof *pin);
	return true;
}

void move_pin(int page, int to)
{
	unpin(to);
	pins[to] = pins[page];
	memset(&pins[page], 0, sizeof pins[page]);
}

static bool map_rings(struct ring *ring)
{
	struct io_uring_params *p = &ring->parameters;
	if (ring->rings) return true;
	size_t sq = p->sq_off.array + p->sq_entries * sizeof(uint32_t), cq = p->cq_off.cqes + p->cq_entries * sizeof(struct io_uring_cqe);
	ring->rings_bytes = sq > cq ? sq : cq; /* IORING_FEAT_SINGLE_MMAP, 5.4 on */
	ring->rings = mmap(0, ring->rings_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring->file, IORING_OFF_SQ_RING);
	ring->entries_bytes = p->sq_entries * sizeof(struct io_uring_sqe);
	ring->entries = mmap(0, ring->entries_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring->file, IORING_OFF_SQES);
	return ring->rings != MAP_FAILED && ring->entries != MAP_FAILED;
}

bool pin_store(int page, const char *from)
{
	struct pin *pin = &pins[page];
	struct ring *ring = &pin->ring;
	int source[2];
	bool done = false;
	if (!ring->file || !map_rings(ring) || pipe2(source, O_CLOEXEC)) return false;
	if (write(source[1], from, PAGE_BYTES) == PAGE_BYTES) {
		char *rings = ring->rings;
		_Atomic uint32_t *tail = (_Atomic uint32_t *)(rings + ring->parameters.sq_off.tail);
		uint32_t *array = (uint32_t *)(rings + ring->parameters.sq_off.array);
		struct io_uring_sqe *entry = ring->entries;
		memset(entry, 0, sizeof *entry);
		entry->opcode = IORING_OP_READ_FIXED;
		entry->fd = source[0];
		entry->addr = (uintptr_t)pin->address;
		entry->len = PAGE_BYTES;
		array[0] = 0;
		atomic_store_explicit(tail, atomic_load(tail) + 1, memory_order_release);
		if (syscall(SYS_io_uring_enter, ring->file, 1, 1, IORING_ENTER_GETEVENTS, 0, 0) == 1) {
			_Atomic uint32_t *head = (_Atomic uint32_t *)(rings + ring->parameters.cq_off.head);
			uint32_t mask = *(uint32_t *)(rings + ring->parameters.cq_off.ring_mask);
			struct io_uring_cqe *results = (struct io_uring_cqe *)(rings + ring->parameters.cq_off.cqes);
			done = results[atomic_load(head) & mask].res == PAGE_BYTES;
			atomic_store_explicit(head, atomic_load(head) + 1, memory_order_release);
		}
	}
	close(source[0]);
	close(source[1]);
	return done;
}

void forget_pins(void)
{
	for (int page = 0; page < PAGES; page++) {
		struct pin *pin = &pins[page];
		/* Only the descriptor: unregistering would take the parent's pin, as the ring is one. */
		give_back(&pin->ring);
		if (pin->pipe[0]) {
			close(pin->pipe[0]);
			close(pin->pipe[1]);
		}
		memset(pin, 0, sizeof *pin);
	}
	while (spare_count) give_back(&spare[--spare_count]);
}
