//include stdio.h stdlib.h string.h sys/swap.h unistd.h
/* The areas of the case. */
static struct {
	char device[32];
	int flags; /* of swapon() */
} areas[AREAS];

static void swaps_off(void)
{
	for (int area = 0; area < AREAS; area++) swapoff(areas[area].device);
}

/* In this order: of two without a priority the earlier one is used first. */
static void swaps_on(void)
{
	swaps_off();
	for (int area = 0; area < AREAS; area++)
		if (swapon(areas[area].device, areas[area].flags)) skip("swapon %s: %s", areas[area].device, strerror(errno));
}

/* The machine's own areas are off meanwhile. */
static struct {
	char path[256];
	int priority;
} others[16];
static int other_count;

static void others_on(void)
{
	for (int i = 0; i < other_count; i++) swapon(others[i].path, others[i].priority >= 0 ? SWAP_FLAG_PREFER | others[i].priority : 0);
}

static void others_off(void)
{
	char line[512];
	FILE *swaps = fopen("/proc/swaps", "re");

	if (!swaps) skip("a kernel without swap");
	atexit(others_on);
	while (fgets(line, sizeof line, swaps) && other_count < 16) {
		char path[256];
		int priority;

		if (sscanf(line, "%255s %*s %*s %*s %d", path, &priority) != 2 || path[0] != '/') continue;
		if (swapoff(path)) skip("cannot switch off the swap area %s: %s", path, strerror(errno));
		strcpy(others[other_count].path, path);
		others[other_count++].priority = priority;
	}
	fclose(swaps);
}
