//needs write_text read_text
//include stdlib.h
/* A setting of the kernel's, until the program ends. */
static struct {
	const char *path;
	char before[64];
} settings[8];
static int setting_count;

static void settings_back(void)
{
	while (setting_count > 0) {
		setting_count--;
		write_text(settings[setting_count].path, settings[setting_count].before);
	}
}

static void set_for_now(const char *path, const char *value)
{
	if (read_text(path, settings[setting_count].before, sizeof settings->before) < 0) return; /* a kernel without it */
	if (setting_count == 0) atexit(settings_back);
	settings[setting_count++].path = path;
	write_text(path, value);
}
