//include errno.h fcntl.h stdio.h string.h unistd.h
static int read_text(const char *path, char *text, size_t size)
{
	int file = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : read(file, text, size - 1);

	if (file >= 0) close(file);
	text[length > 0 ? length : 0] = 0;
	return length < 0 ? -errno : (int)length;
}
