//include errno.h fcntl.h stdio.h string.h unistd.h
static int write_text(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC), error = 0;

	if (file < 0) return -errno;
	if (write(file, text, strlen(text)) < 0) error = -errno;
	close(file);
	return error;
}
