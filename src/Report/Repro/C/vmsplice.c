//include fcntl.h sys/uio.h unistd.h
/* vmsplice() puts a plain reference to the page (get_user_pages()) into a pipe. */
static int references[REFERENCES][2];

static void get_page(int reference, char *page)
{
	struct iovec buffer = { page, page_size };

	must(pipe(references[reference]));
	if (vmsplice(references[reference][1], &buffer, 1, 0) != (ssize_t)page_size) give_up("vmsplice(): %s", strerror(errno));
}
