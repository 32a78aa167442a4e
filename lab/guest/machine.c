/* machine.c: the small system around the processes: mounts, modules, swap areas, counters, the self-test. */
#include "agent.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <unistd.h>


/* After the areas of the case: a device for a swap area that comes and goes, which empties the slot cache. */
#define SPARE "/dev/zram2"
#define DEVICE_MILLISECONDS 2000
/* Fewer free slots than these, and the slot cache is switched off: THRESHOLD_DEACTIVATE_SWAP_SLOTS_CACHE for one CPU. */
#define FEW_SLOTS 128
/* As many as a header has room for here: MAX_SWAP_BADPAGES is 637. */
#define MOST_BAD 600

static char devices[AREAS][16];
static unsigned priorities[AREAS]; /* swapon()'s priority + 1; 0: none given */
static bool is_on[AREAS];
static unsigned most_slots; /* of the areas that were on since the slot cache was last seen to be off */

const char *errno_name(int error)
{
	const char *name = strerrorname_np(error);
	return name ? name : "?";
}

int write_text(const char *path, const char *text)
{
	int file = open(path, O_WRONLY | O_CLOEXEC), result = 0;
	if (file < 0) return -errno;
	if (write(file, text, strlen(text)) < 0) result = -errno;
	close(file);
	return result;
}

long vmstat(const char *key)
{
	static char text[16384];
	char pattern[48];
	int file = open("/proc/vmstat", O_RDONLY | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : read(file, text, sizeof text - 1);
	if (file >= 0) close(file);
	if (length < 0) return -1;
	text[length] = 0;
	snprintf(pattern, sizeof pattern, "\n%s ", key);
	char *found = strstr(text, pattern);
	return found ? atol(found + strlen(pattern)) : -1;
}

static void load_modules(void)
{
	static char order[1024];
	int file = open("/modules/order", O_RDONLY);
	if (file < 0) return; /* all built in */
	ssize_t length = read(file, order, sizeof order - 1);
	close(file);
	order[length > 0 ? length : 0] = 0;
	for (char *name = strtok(order, "\n"); name; name = strtok(0, "\n")) {
		char path[64];
		snprintf(path, sizeof path, "/modules/%s", name);
		int module = open(path, O_RDONLY);
		const char *parameters = strcmp(name, "zram.ko") ? "" : "num_devices=3";
		if (module < 0 || (syscall(SYS_finit_module, module, parameters, 0) && errno != EEXIST)) printf("agent: module %s: %s\n", name, strerror(errno));
		if (module >= 0) close(module);
	}
}

void machine_start(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mount("proc", "/proc", "proc", 0, "");
	mount("sysfs", "/sys", "sysfs", 0, "");
	mount("devtmpfs", "/dev", "devtmpfs", 0, "");
	int console = open("/dev/console", O_RDWR);
	if (console >= 0) dup2(console, 0), dup2(console, 1), dup2(console, 2);
	setvbuf(stdout, 0, _IOLBF, 0);
	load_modules();
	mount("cgroup2", "/sys/fs/cgroup", "cgroup2", 0, "");
	/* Reading one page brings in one page: neighbours would come by chance. */
	write_text("/proc/sys/vm/page-cluster", "0");
	/* One page at a time: a huge one would be split, or not, as memory has it. And the classic LRU lists, which the comparison knows. */
	write_text("/sys/kernel/mm/transparent_hugepage/enabled", "never");
	write_text("/sys/kernel/mm/lru_gen/enabled", "0");
	/* A hung task or an oops ends the run, and the console says why. */
	write_text("/proc/sys/kernel/panic_on_oops", "1");
}

void machine_cgroup(void)
{
	write_text("/sys/fs/cgroup/cgroup.subtree_control", "+memory");
	mkdir(CGROUP, 0755);
}

void machine_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	for (;;) pause();
}

/* --- swap --------------------------------------------------------------------------------------------------------------- */

static bool wait_for(const char *device)
{
	for (int i = 0; i < DEVICE_MILLISECONDS; i++) {
		if (!access(device, F_OK)) return true;
		usleep(1000);
	}
	errno = ENODEV;
	return false;
}

/* The last page of an area. */
static unsigned last_page(unsigned slots, unsigned bad)
{
	return bad ? bad + 2 * slots - 1 : slots;
}

/* What mkswap writes: version 1, the last usable page, and which pages before it are bad: the first ones, and then every other one, so that no two slots are neighbours. */
static bool make_swap(const char *device, unsigned slots, unsigned bad)
{
	static char header[PAGE_BYTES] __attribute__((aligned(PAGE_BYTES)));
	uint32_t numbers[3] = { 1, last_page(slots, bad), bad ? bad + slots - 1 : 0 };
	int file = open(device, O_RDWR | O_DIRECT | O_CLOEXEC);
	if (file < 0) return false;
	memset(header, 0, sizeof header);
	memcpy(header + 1024, numbers, sizeof numbers);
	for (uint32_t i = 0; i < numbers[2]; i++) {
		uint32_t page = i < bad ? i + 1 : bad + 2 * (i - bad + 1);
		memcpy(header + 1536 + i * sizeof page, &page, sizeof page);
	}
	memcpy(header + PAGE_BYTES - 10, "SWAPSPACE2", 10);
	bool done = pwrite(file, header, sizeof header, 0) == sizeof header;
	int error = errno;
	close(file);
	errno = error;
	return done;
}

/*
 * QEMU's blkdebug counts: each flush of a disk makes one more of its next reads one that goes well before the one that fails. This one makes as
 * many as there may be, so that none is left to fail.
 */
static void calm_disk(int file)
{
	static char block[PAGE_BYTES] __attribute__((aligned(PAGE_BYTES)));
	for (int i = 0; i < READS; i++)
		if (pread(file, block, sizeof block, 0) < 0 && errno != EIO) return;
}

static bool will_fail; /* a read of the disk may be about to */

static int disk_area(void)
{
	for (int area = 0; area < AREAS; area++)
		if (!strncmp(devices[area], "/dev/vd", 7)) return area;
	return -1;
}

static bool forget_failures(void)
{
	int file = will_fail ? open(devices[disk_area()], O_RDONLY | O_DIRECT | O_CLOEXEC) : -1;
	if (!will_fail) return true;
	if (file < 0) return false;
	calm_disk(file);
	close(file);
	will_fail = false;
	return true;
}

/* fail read [N] */
void disk_fail(const char *text, char *answer)
{
	int nth = 1, file;
	if (strncmp(text, "read", 4) || disk_area() < 0 || (sscanf(text, "read %d", &nth) == 1 && (nth < 1 || nth >= READS))) {
		strcpy(answer, "cannot only one of a disk's next 7 reads can be made to fail");
		return;
	}
	if (!forget_failures() || (file = open(devices[disk_area()], O_RDONLY | O_CLOEXEC)) < 0) {
		sprintf(answer, "err %s", errno_name(errno));
		return;
	}
	for (int i = 0; i < nth; i++) fsync(file);
	close(file);
	will_fail = true;
	strcpy(answer, "ok");
}

#define THP "/sys/kernel/mm/transparent_hugepage/"

bool large_folios(bool on)
{
	/* khugepaged, which is woken by a mapping that may have large folios, shall make none of small ones (from 7.x on it could), and nobody look for zeroes in them. */
	static const char *const nothing[] = { THP "khugepaged/max_ptes_none", THP "khugepaged/max_ptes_swap", THP "khugepaged/max_ptes_shared", THP "shrink_underused" };
	for (size_t i = 0; on && i < sizeof nothing / sizeof *nothing; i++) write_text(nothing[i], "0");
	write_text(THP "khugepaged/scan_sleep_millisecs", "4294967295");
	return write_text(THP "hugepages-16kB/enabled", on ? "madvise" : "never") == 0;
}

static bool limited; /* the processes have a memory.swap.max */

/* swapmax N|max */
void swap_max(const char *text, char *answer)
{
	char bytes[24] = "max";
	if (strcmp(text, "max")) snprintf(bytes, sizeof bytes, "%ld", atol(text) * PAGE_BYTES);
	int result = write_text(CGROUP "/memory.swap.max", bytes);
	limited = strcmp(bytes, "max");
	if (result < 0) sprintf(answer, "err %s", errno_name(-result));
	else strcpy(answer, "ok");
}

static bool size_zram(const char *device, unsigned slots)
{
	char path[48], bytes[32];
	snprintf(path, sizeof path, "/sys/block/%s/reset", device + 5);
	write_text(path, "1");
	snprintf(path, sizeof path, "/sys/block/%s/disksize", device + 5);
	snprintf(bytes, sizeof bytes, "%lu", (slots + 1UL) * PAGE_BYTES);
	int result = write_text(path, bytes);
	errno = -result;
	return result == 0;
}

static int flags_of(int area)
{
	return priorities[area] ? SWAP_FLAG_PREFER | ((priorities[area] - 1) & SWAP_FLAG_PRIO_MASK) : 0;
}

static bool switch_on(int area)
{
	if (swapon(devices[area], flags_of(area))) return false;
	is_on[area] = true;
	return true;
}

static bool switch_off_all(char *answer)
{
	for (int area = 0; area < AREAS; area++) {
		if (is_on[area] && swapoff(devices[area])) {
			sprintf(answer, "err swapoff %s", errno_name(errno));
			return false;
		}
		is_on[area] = false;
	}
	return true;
}

/* What /proc/swaps calls used, of all areas: those that a slot cache holds ready or back count too. */
unsigned long slots_used(void)
{
	struct sysinfo info;
	sysinfo(&info);
	return (info.totalswap - info.freeswap) * info.mem_unit / PAGE_BYTES;
}

uint64_t frame_flags(uint64_t frame)
{
	static int file = -1;
	uint64_t flags = 0;
	if (file < 0) file = open("/proc/kpageflags", O_RDONLY | O_CLOEXEC);
	return pread(file, &flags, sizeof flags, frame * sizeof flags) == sizeof flags ? flags : 0;
}

/* mm/swap_slots.c went with 6.14. */
static bool has_slot_cache(void)
{
	struct utsname name;
	int major = 0, minor = 0;
	uname(&name);
	sscanf(name.release, "%d.%d", &major, &minor);
	return major < 6 || (major == 6 && minor < 14);
}

/*
 * What a case has switched off is on again for the next, in the order that decides who comes first. A page that was being
 * written when its last process went stays in the swap cache, and keeps its slot: it goes now. (With a large area the slot cache has slots in use at all times.)
 */
bool swap_restore(char *answer)
{
	bool all = true;
	bool was_limited = limited;
	if (was_limited) swap_max("max", answer);
	if (limited) return false;
	if (!forget_failures()) {
		sprintf(answer, "err %s", errno_name(errno));
		return false;
	}
	for (int area = 0; area < AREAS; area++) all &= !devices[area][0] || is_on[area];
	/* What the slot cache has is nobody's, but what it holds back counts as the cgroup's still. */
	if (all && (!slots_used() || (!was_limited && most_slots >= FEW_SLOTS && has_slot_cache()))) return true;
	if (!switch_off_all(answer)) return false;
	for (int area = 0; area < AREAS; area++)
		if (devices[area][0] && !switch_on(area)) {
			sprintf(answer, "err swapon %s", errno_name(errno));
			return false;
		}
	return true;
}

static bool spare_on(void)
{
	static bool made;
	if (!made) made = wait_for(SPARE) && size_zram(SPARE, 1) && make_swap(SPARE, 1, 0);
	return made && swapon(SPARE, 0) == 0;
}

/*
 * Once the slot cache is active it stays so until a slot is asked for when few are free (check_cache_active()). A case with a
 * small area must not find it active because the last one had a large one.
 */
static bool calm_slot_cache(void)
{
	char *page = mmap(0, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED || !spare_on()) return false;
	page[0] = 1;
	madvise(page, PAGE_BYTES, MADV_PAGEOUT);
	munmap(page, PAGE_BYTES);
	return swapoff(SPARE) == 0;
}

/* swap none | swap AREA zram|disk SLOTS [PRIORITY] */
void swap_set(const char *text, char *answer)
{
	char kind[16] = "";
	int area = 0, priority = -1;
	unsigned slots = 0, bad = 0;
	if (!strncmp(text, "none", 4)) {
		if (!switch_off_all(answer)) return;
		memset(devices, 0, sizeof devices);
		if (most_slots >= FEW_SLOTS && !calm_slot_cache()) {
			sprintf(answer, "err %s %s", SPARE, errno_name(errno));
			return;
		}
		most_slots = 0;
		strcpy(answer, "ok");
		return;
	}
	if (sscanf(text, "%d %15s %u %d %u", &area, kind, &slots, &priority, &bad) < 3 || area < 0 || area >= AREAS || slots == 0 || bad + slots * !!bad > MOST_BAD || is_on[area]) {
		strcpy(answer, "cannot expected: swap AREA zram|disk SLOTS [PRIORITY [BAD]], and the area not in use");
		return;
	}
	bool zram = !strcmp(kind, "zram");
	if (!zram && strcmp(kind, "disk")) {
		strcpy(answer, "cannot no such device");
		return;
	}
	snprintf(devices[area], sizeof devices[area], zram ? "/dev/zram%d" : "/dev/vd%c", zram ? area : 'a' + area);
	priorities[area] = priority + 1;
	if (!wait_for(devices[area]) || (zram && !size_zram(devices[area], last_page(slots, bad))) || !make_swap(devices[area], slots, bad) || !switch_on(area)) {
		sprintf(answer, "err %s %s", devices[area], errno_name(errno));
		return;
	}
	if (slots > most_slots) most_slots = slots;
	strcpy(answer, "ok");
}

void swap_off_on(int area, bool on, char *answer)
{
	if (area < 0 || area >= AREAS || !devices[area][0] || is_on[area] == on) {
		strcpy(answer, "na");
		return;
	}
	if (on ? !switch_on(area) : swapoff(devices[area])) {
		sprintf(answer, "err %s", errno_name(errno));
		return;
	}
	is_on[area] = on;
	strcpy(answer, "ok");
}

void swap_request(int area, bool on, char *text)
{
	/* It has to be begun and done all the same. */
	if (area < 0 || area >= AREAS || !devices[area][0] || is_on[area] == on) strcpy(text, "swapo nothing");
	else if (on) sprintf(text, "swapon %s %d", devices[area], flags_of(area));
	else sprintf(text, "swapoff %s", devices[area]);
}

void swap_serve(const char *text, char *answer)
{
	char device[16];
	int flags = 0;
	bool on = !strncmp(text, "swapon ", 7);
	if (!strcmp(text, "swapo nothing")) {
		strcpy(answer, "na");
		return;
	}
	sscanf(text, "%*s %15s %d", device, &flags);
	if (!(on ? swapon(device, flags) : swapoff(device))) strcpy(answer, "ok");
	/* Another swapoff() of it is under way: it is not on the list any more, and not free yet. */
	else if (errno == (on ? EBUSY : EINVAL)) strcpy(answer, "na");
	else sprintf(answer, "err %s", errno_name(errno));
}

void swap_served(const char *text, const char *answer)
{
	char device[16];
	if (strcmp(answer, "ok") || strncmp(text, "swapo", 5) || sscanf(text, "%*s %15s", device) != 1) return;
	for (int area = 0; area < AREAS; area++)
		if (!strcmp(devices[area], device)) is_on[area] = !strncmp(text, "swapon ", 7);
}

/* swapoff() of any area empties the slot cache of every CPU (disable_swap_slots_cache_lock()). */
void swap_drain_slots(char *answer)
{
	if (!spare_on() || swapoff(SPARE)) sprintf(answer, "err %s", errno_name(errno));
	else strcpy(answer, "ok");
}

/* --- self-test ------------------------------------------------------------------------------------------------------------ */

static unsigned test_tag(int granule)
{
	/* Neighbours differ, and so do granules that are one, two, four … apart. */
	return (granule * 7 + granule / 16) & 15;
}

static int right_tags(const char *page)
{
	int right = 0;
	for (int g = 0; g < GRANULES; g++) right += load_tag(page + g * GRANULE_BYTES) == test_tag(g);
	return right;
}

/*
 * Is there MTE, and does each granule keep a tag of its own? Does a page really go to swap, and its data come back? Needs a
 * swap area. How many tags come back is the kernel's affair.
 */
void self_test(char *answer)
{
	volatile char *page = mmap(0, PAGE_BYTES, PROT_READ | PROT_WRITE | PROT_MTE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (page == MAP_FAILED) {
		sprintf(answer, "err no tagged memory: %s", errno_name(errno));
		return;
	}
	tags_on(0);
	asm volatile("msr tco, #1");
	page[0] = 77;
	for (int g = 0; g < GRANULES; g++) store_tag((char *)page + g * GRANULE_BYTES, test_tag(g));
	int tags = right_tags((const char *)page);
	madvise((void *)page, PAGE_BYTES, MADV_PAGEOUT);
	char state = page_state((const char *)page);
	int data = page[0];
	int back = right_tags((const char *)page);
	asm volatile("msr tco, #0");
	munmap((void *)page, PAGE_BYTES);
	sprintf(answer, "ok tags=%d swapped=%d data=%d back=%d", tags, state == 'S' || state == 'C', data, back);
}
