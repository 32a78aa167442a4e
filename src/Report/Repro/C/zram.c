//needs write_text read_text make_swap
//include stdio.h stdlib.h unistd.h
/* A zram device of its own. */
static int zrams[4], zram_count;

static void remove_zrams(void)
{
	while (zram_count > 0) {
		char number[16];

		snprintf(number, sizeof number, "%d", zrams[--zram_count]);
		write_text("/sys/class/zram-control/hot_remove", number);
	}
}

static void make_zram(char device[32], unsigned slots)
{
	char number[16], path[64], bytes[32];

	if (read_text("/sys/class/zram-control/hot_add", number, sizeof number) <= 0) skip("no zram (CONFIG_ZRAM; modprobe zram)");
	if (zram_count == 0) atexit(remove_zrams);
	zrams[zram_count++] = atoi(number);
	snprintf(device, 32, "/dev/zram%d", atoi(number));
	snprintf(path, sizeof path, "/sys/block/%s/disksize", device + 5);
	snprintf(bytes, sizeof bytes, "%zu", (slots + 1) * page_size);
	if (write_text(path, bytes) < 0) skip("%s takes no size", device);
	for (int tries = 0; access(device, F_OK) && tries < 2000; tries++) usleep(1000);
	if (make_swap(device, slots)) skip("%s: %s", device, strerror(errno));
}
