//needs io_uring
/* IORING_OP_READ_FIXED of a pipe: the kernel writes the page by way of the pin, not of the page table. */
static void device_write(int pin, unsigned char value)
{
	struct io_uring_params *about = &pins[pin].about;
	size_t sq = about->sq_off.array + about->sq_entries * sizeof(uint32_t), cq = about->cq_off.cqes + about->cq_entries * sizeof(struct io_uring_cqe);
	size_t bytes = sq > cq ? sq : cq;
	char *rings = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, pins[pin].ring, IORING_OFF_SQ_RING);
	struct io_uring_sqe *entry = mmap(0, page_size, PROT_READ | PROT_WRITE, MAP_SHARED, pins[pin].ring, IORING_OFF_SQES);
	char *data = malloc(page_size);
	int source[2];

	if (rings == MAP_FAILED || (void *)entry == MAP_FAILED) give_up("io_uring: %s", strerror(errno));
	must(pipe(source));
	memset(data, value, page_size);
	must(write(source[1], data, page_size));
	memset(entry, 0, sizeof *entry);
	entry->opcode = IORING_OP_READ_FIXED;
	entry->fd = source[0];
	entry->addr = (uintptr_t)pins[pin].address;
	entry->len = page_size;
	((uint32_t *)(rings + about->sq_off.array))[0] = 0;
	atomic_fetch_add((_Atomic uint32_t *)(rings + about->sq_off.tail), 1);
	must(syscall(SYS_io_uring_enter, pins[pin].ring, 1, 1, IORING_ENTER_GETEVENTS, 0, 0));

	_Atomic uint32_t *head = (_Atomic uint32_t *)(rings + about->cq_off.head);
	struct io_uring_cqe *answers = (struct io_uring_cqe *)(rings + about->cq_off.cqes);
	int answer = answers[atomic_load(head) & *(uint32_t *)(rings + about->cq_off.ring_mask)].res;

	atomic_fetch_add(head, 1);
	if (answer != (int)page_size) give_up("IORING_OP_READ_FIXED: %d", answer);
	close(source[0]);
	close(source[1]);
	munmap(rings, bytes);
	munmap(entry, page_size);
	free(data);
}
