//needs uffd
#ifndef UFFDIO_MOVE
struct uffdio_move {
	__u64 dst, src, len, mode;
	__s64 move;
};
#define UFFDIO_MOVE _IOWR(UFFDIO, 5, struct uffdio_move)
#endif

static void move_page(char *page, char *to)
{
	struct uffdio_move move = { .dst = (uintptr_t)to, .src = (uintptr_t)page, .len = page_size };

	watch_page(to);
	must(ioctl(userfaultfd_of_this_process(), UFFDIO_MOVE, &move));
}
