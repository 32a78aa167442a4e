/* pages.c: the operations on a process's pages. Runs in that process. */
#include "agent.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/userfaultfd.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define PSR_TCO (1UL << 25)
#define SIGNAL_STACK_BYTES (16 << 10)

/* Pages stand apart, so that their mappings do not merge, and in one page table. In a case with large folios they stand side by side. */
#define FIRST_ADDRESS 0x1000000000UL
#define DISTANCE 0x10000UL
#define FIRST_ADDRESS_LARGE (FIRST_ADDRESS + 8 * DISTANCE)

static struct {
	bool mapped, tagged, locked, watched, denied;
	/* MADV_FREE: its tags may be gone, until something is stored again. */
	bool freed;
	/* What the program last set: the tags of its pointers. */
	unsigned char tag[GROUPS];
	/* Where it was when it was last looked at; 0: never in memory. */
	uint64_t frame;
} pages[PAGES + 1];

/* The agent's own, behind the case's: it is accessed to bring in what an access needs. */
#define SCRATCH PAGES

static bool side_by_side;

static char *address_of(int page)
{
	return side_by_side && page < PAGES ? (char *)(FIRST_ADDRESS_LARGE + page * PAGE_BYTES) : (char *)(FIRST_ADDRESS + page * DISTANCE);
}

unsigned load_tag(const char *address)
{
	uint64_t x = 0;
	asm volatile("ldg %0, [%1]" : "+r"(x) : "r"(address) : "memory");
	return x >> 56 & 15;
}

static char *with_tag(const char *address, unsigned tag)
{
	return (char *)(((uintptr_t)address & ~(15UL << 56)) | (uint64_t)tag << 56);
}

void store_tag(char *address, unsigned tag)
{
	asm volatile("stg %0, [%0]" : : "r"(with_tag(address, tag)) : "memory");
}

/* --- faults ------------------------------------------------------------------------------------------------------- */

static _Thread_local volatile sig_atomic_t mismatch; /* a tag check failed: the si_code */
static _Thread_local volatile sig_atomic_t fatal_signal, fatal_code;
static _Thread_local void *volatile escape[5];

/*
 * A failed tag check is noted, and the access is made again with checks off (PSTATE.TCO), as the answer is to say what it
 * would have found. Anything else ends the operation.
 */
static void on_signal(int signal, siginfo_t *info, void *context)
{
	ucontext_t *user = context;
	if (signal == SIGSEGV && (info->si_code == 9 || info->si_code == 8) && !mismatch) {
		mismatch = info->si_code;
		user->uc_mcontext.pstate |= PSR_TCO;
		return;
	}
	fatal_signal = signal;
	fatal_code = info->si_code;
	__builtin_longjmp((void **)escape, 1);
}

static void checks_on(void)
{
	asm volatile("msr tco, #0" : : : "memory");
}

static uint64_t load(const char *address)
{
	uint64_t value;
	asm volatile("ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}

static void store(char *address, uint64_t value)
{
	asm volatile("str %0, [%1]" : : "r"(value), "r"(address) : "memory");
}

/* The same, for an operation's first access: where a task stands in front of it, or comes back to it from a fault, is known by the instruction. */
__attribute__((noinline, noclone)) static uint64_t load_first(const char *address)
{
	uint64_t value;
	asm volatile(".globl first_load\nfirst_load: ldr %0, [%1]" : "=r"(value) : "r"(address) : "memory");
	return value;
}

__attribute__((noinline, noclone)) static void store_first(char *address, uint64_t value)
{
	asm volatile(".globl first_store\nfirst_store: str %0, [%1]" : : "r"(value), "r"(address) : "memory");
}

__attribute__((noinline, noclone)) static unsigned load_tag_first(const char *address)
{
	uint64_t x = 0;
	asm volatile(".globl first_load_tag\nfirst_load_tag: ldg %0, [%1]" : "+r"(x) : "r"(address) : "memory");
	return x >> 56 & 15;
}

__attribute__((noinline, noclone)) static void store_tag_first(char *address, unsigned tag)
{
	asm volatile(".globl first_store_tag\nfirst_store_tag: stg %0, [%0]" : : "r"(with_tag(address, tag)) : "memory");
}

/* A signal's frame goes where it always goes, however deep the stack is: how deep it has been before is not to make a difference to the faults. */
static char signal_stacks[THREADS + RACER_STACKS][SIGNAL_STACK_BYTES] __attribute__((aligned(PAGE_BYTES)));

/* Synchronous tag checks, and all tags for irg and ldg. */
void tags_on(int stack)
{
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK };
	stack_t there = { .ss_sp = signal_stacks[stack], .ss_size = SIGNAL_STACK_BYTES };
	sigaltstack(&there, 0);
	sigaction(SIGSEGV, &action, 0);
	sigaction(SIGBUS, &action, 0);
	prctl(55 /* PR_SET_TAGGED_ADDR_CTRL */, 1UL /* PR_TAGGED_ADDR_ENABLE */ | 1UL << 1 /* PR_MTE_TCF_SYNC */ | 0xffffUL << 3, 0, 0, 0);
}

/* --- faults counted --------------------------------------------------------------------------------------------------- */

static _Thread_local struct rusage began, ended;
static _Thread_local bool counted; /* the operation has made accesses: began and ended say how many of them faulted */
/* How often what an access needs of the agent's own has gone, and of which time the thread knows. */
static int cold = 1;
static _Thread_local int warm;
static _Thread_local bool races;

/* Of a freed page the tags are looked up first (pointer_tag()): what that takes in faults is nobody's. */
static void accesses_begin(int page)
{
	counted = !pages[page].freed;
	getrusage(RUSAGE_THREAD, &began);
}

static void accesses_end(void)
{
	getrusage(RUSAGE_THREAD, &ended);
}

/* --- what the kernel says of a page --------------------------------------------------------------------------------- */

#define FRAME_MASK ((1UL << 55) - 1)

static uint64_t pagemap(const char *address)
{
	static int file = -1;
	static pid_t owner;
	uint64_t entry = 0;
	if (file < 0 || owner != getpid()) {
		if (file >= 0) close(file);
		file = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
		owner = getpid();
	}
	if (pread(file, &entry, sizeof entry, (uintptr_t)address / PAGE_BYTES * sizeof entry) != sizeof entry) return 0;
	return entry;
}

/* The page that every page nobody has written to shows. */
static bool is_zero_page(uint64_t entry)
{
	static uint64_t zero_frame;
	const uint64_t frame = FRAME_MASK;
	if (!(entry >> 63)) return false;
	if (!zero_frame) {
		volatile char *page = mmap(0, PAGE_BYTES, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (page == MAP_FAILED) return false;
		(void)page[0];
		zero_frame = pagemap((const char *)page) & frame;
		munmap((void *)page, PAGE_BYTES);
	}
	return (entry & frame) == zero_frame;
}

/* Nothing of the program's own: no entry, or the zero page. */
static bool is_untouched(uint64_t entry)
{
	return !(entry >> 62) || is_zero_page(entry);
}

static char state_of(uint64_t entry, const char *address)
{
	unsigned char incore = 0;
	if (entry >> 63) return entry >> 56 & 1 ? 'X' : 'P';
	if (!(entry >> 62 & 1)) return '-';
	return mincore((void *)address, PAGE_BYTES, &incore) == 0 && (incore & 1) ? 'C' : 'S';
}

/* '-' nothing, 'X' present and mapped here only, 'P' present, 'C' swapped and in the swap cache, 'S' swapped */
char page_state(const char *address)
{
	return state_of(pagemap(address), address);
}

void pages_forked(void)
{
	/* Neither locks nor userfaultfds are inherited (dup_mmap(), dup_userfaultfd()). */
	for (int page = 0; page < PAGES; page++) pages[page].locked = pages[page].watched = false;
}

void pages_clear(void)
{
	for (int page = 0; page < PAGES; page++) {
		unpin(page);
		if (pages[page].mapped) munmap(address_of(page), PAGE_BYTES);
	}
	memset(pages, 0, PAGES * sizeof *pages);
	side_by_side = false;
}

void page_states(char *states)
{
	for (int page = 0; page < PAGES; page++) {
		const char *address = address_of(page);
		uint64_t entry = pages[page].mapped ? pagemap(address) : 0;
		states[page] = !pages[page].mapped ? '.' : is_zero_page(entry) ? ZERO_PAGE : state_of(entry, address);
	}
	states[PAGES] = 0;
}

/* --- operations ----------------------------------------------------------------------------------------------------- */

/* The value is in every byte of a word at the beginning of each group, and of the page's last word. */
static uint64_t word_of(unsigned value)
{
	return value * 0x0101010101010101UL;
}

static const int places[] = { 0, GROUP_BYTES, 2 * GROUP_BYTES, 3 * GROUP_BYTES, PAGE_BYTES - 8 };
#define PLACES (int)(sizeof places / sizeof *places)

static unsigned pointer_tag(int page, int place)
{
	if (pages[page].freed) return load_tag(address_of(page) + places[place]);
	return pages[page].tagged ? pages[page].tag[places[place] / GROUP_BYTES] : 0;
}

/* Something was stored in a freed page: what tags it has now it keeps. */
static void settle(int page)
{
	for (int g = 0; pages[page].freed && g < GROUPS; g++) pages[page].tag[g] = load_tag(address_of(page) + g * GROUP_BYTES);
	pages[page].freed = false;
}

static void ok(char *answer)
{
	strcpy(answer, "ok");
}

static void not_applicable(char *answer)
{
	strcpy(answer, "na");
}

static void failed(char *answer, int error)
{
	sprintf(answer, "err %s", errno_name(error));
}

/* Which groups' pointers did not match, as four digits; nothing if all did. */
static void add_mismatches(char *answer, const bool *wrong, int code)
{
	if (!code) return;
	sprintf(answer + strlen(answer), " segv=%d at=%d%d%d%d", code, wrong[0], wrong[1], wrong[2], wrong[3]);
}

static void do_write(int page, unsigned value, char *answer)
{
	bool wrong[GROUPS] = { false };
	int code = 0;
	accesses_begin(page);
	for (int i = 0; i < PLACES; i++) {
		mismatch = 0;
		checks_on();
		(i == 0 ? store_first : store)(with_tag(address_of(page) + places[i], pointer_tag(page, i)), word_of(value));
		if (mismatch) wrong[places[i] / GROUP_BYTES] = true, code = mismatch;
	}
	checks_on();
	accesses_end();
	settle(page);
	ok(answer);
	add_mismatches(answer, wrong, code);
}

static void do_read(int page, char *answer)
{
	bool wrong[GROUPS] = { false };
	uint64_t found[PLACES];
	int code = 0;
	accesses_begin(page);
	for (int i = 0; i < PLACES; i++) {
		mismatch = 0;
		checks_on();
		found[i] = (i == 0 ? load_first : load)(with_tag(address_of(page) + places[i], pointer_tag(page, i)));
		if (mismatch) wrong[places[i] / GROUP_BYTES] = true, code = mismatch;
	}
	checks_on();
	accesses_end();
	for (int i = 0; i < PLACES; i++) {
		if (found[i] == word_of(found[0] & 255)) continue;
		sprintf(answer, "ok v=torn");
		return;
	}
	sprintf(answer, "ok v=%u", (unsigned)(found[0] & 255));
	add_mismatches(answer, wrong, code);
}

static void do_tag(int page, int group, unsigned tag, char *answer)
{
	if (!pages[page].tagged) return not_applicable(answer);
	accesses_begin(page);
	store_tag_first(address_of(page) + (group >= 0 ? group * GROUP_BYTES : 0), tag);
	for (int g = 0; g < GROUPS; g++) {
		if (group >= 0 && g != group) continue;
		for (int at = 0; at < GROUP_BYTES; at += GRANULE_BYTES) store_tag(address_of(page) + g * GROUP_BYTES + at, tag);
		pages[page].tag[g] = tag;
	}
	accesses_end();
	settle(page);
	ok(answer);
}

static void do_readtag(int page, char *answer)
{
	char digits[GROUPS + 1] = "";
	if (!pages[page].tagged) return not_applicable(answer);
	accesses_begin(page);
	for (int g = 0; g < GROUPS; g++) {
		unsigned first = (g == 0 ? load_tag_first : load_tag)(address_of(page) + g * GROUP_BYTES);
		digits[g] = "0123456789abcdef"[first];
		for (int at = GRANULE_BYTES; at < GROUP_BYTES; at += GRANULE_BYTES)
			if (load_tag(address_of(page) + g * GROUP_BYTES + at) != first) digits[g] = '*';
	}
	accesses_end();
	sprintf(answer, "ok t=%s", digits);
}

static void do_map(int page, bool tagged, char *answer)
{
	int protection = PROT_READ | PROT_WRITE | (tagged ? PROT_MTE : 0);
	if (pages[page].mapped) return not_applicable(answer);
	if (mmap(address_of(page), PAGE_BYTES, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED) return failed(answer, errno);
	memset(&pages[page], 0, sizeof pages[page]);
	pages[page].mapped = true;
	pages[page].tagged = tagged;
	ok(answer);
}

/* All pages side by side, in one mapping that may have them in one folio: the smallest large folio of anonymous memory has four. */
static void do_map_large(const char *range, const char *tagged, char *answer)
{
	int protection = PROT_READ | PROT_WRITE | (!strcmp(tagged, "tagged") ? PROT_MTE : 0);
	char *first;
	if (strcmp(range, "a-d")) {
		strcpy(answer, "cannot a large folio of anonymous memory has four pages at least: map a-d large");
		return;
	}
	for (int page = 0; page < PAGES; page++)
		if (pages[page].mapped) return not_applicable(answer);
	if (!large_folios(true)) {
		strcpy(answer, "cannot this kernel has no folios of four pages (mTHP: from 6.8 on, CONFIG_TRANSPARENT_HUGEPAGE)");
		return;
	}
	side_by_side = true;
	first = address_of(0);
	if (mmap(first, PAGES * PAGE_BYTES, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0) == MAP_FAILED) return failed(answer, errno);
	if (madvise(first, PAGES * PAGE_BYTES, MADV_HUGEPAGE)) return failed(answer, errno);
	for (int page = 0; page < PAGES; page++) {
		memset(&pages[page], 0, sizeof pages[page]);
		pages[page].mapped = true;
		pages[page].tagged = protection & PROT_MTE;
	}
	ok(answer);
}

/* Turns tags on; "none" takes all access away, "rw" gives it back. Tags stay on: MTE cannot be turned off. */
static void do_mprotect(int page, const char *access, char *answer)
{
	bool none = !strcmp(access, "none");
	bool tagged = pages[page].tagged || !*access;
	if (*access ? pages[page].denied == none : pages[page].tagged) return not_applicable(answer);
	if (mprotect(address_of(page), PAGE_BYTES, (none ? PROT_NONE : PROT_READ | PROT_WRITE) | (tagged ? PROT_MTE : 0))) return failed(answer, errno);
	pages[page].tagged = tagged;
	pages[page].denied = none;
	ok(answer);
}

static void do_mremap(int page, int to, char *answer)
{
	/* A pin is known by where its page is: one whose page has been unmapped still has the address. */
	if (page == to || pages[to].mapped || is_pinned(to)) return not_applicable(answer);
	if (mremap(address_of(page), PAGE_BYTES, PAGE_BYTES, MREMAP_MAYMOVE | MREMAP_FIXED, address_of(to)) == MAP_FAILED) return failed(answer, errno);
	move_pin(page, to);
	pages[to] = pages[page];
	/* A userfaultfd that has not asked for it does not follow (mremap_userfaultfd_prep()). */
	pages[to].watched = false;
	memset(&pages[page], 0, sizeof pages[page]);
	ok(answer);
}

static void do_pin(int page, bool write, bool get, char *answer)
{
	if (is_pinned(page)) return not_applicable(answer);
	/* What lasts in user space's hands: io_uring pins for writing, vmsplice() takes a plain reference for reading. */
	if (write == get) {
		strcpy(answer, write ? "cannot no call takes a plain reference for writing that lasts" : "cannot no call pins for reading that lasts");
		return;
	}
	/* vmsplice() would take the zero page, which is nobody's. */
	if (get && is_untouched(pagemap(address_of(page)))) return not_applicable(answer);
	if (write ? pin_write(page, address_of(page)) : pin_get(page, address_of(page))) ok(answer);
	else failed(answer, errno);
}

/*
 * A userfaultfd of this process, or −1. Whoever writes to a protected page gets SIGBUS: there is nobody to handle the fault, and an
 * operation ends at once.
 */
static int userfault_file(void)
{
	static int file = -1;
	static pid_t owner;
	struct uffdio_api api = { .api = UFFD_API, .features = UFFD_FEATURE_SIGBUS | UFFD_FEATURE_PAGEFAULT_FLAG_WP };
	if (file >= 0 && owner == getpid()) return file;
	/* A parent's is about the parent's memory. */
	if (file >= 0) close(file);
	file = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	owner = getpid();
	if (file >= 0 && ioctl(file, UFFDIO_API, &api)) {
		close(file);
		file = -1;
	}
	return file;
}

static void do_protect(int page, bool protect, char *answer)
{
	struct uffdio_range range = { (uintptr_t)address_of(page), PAGE_BYTES };
	struct uffdio_register watch = { .range = range, .mode = UFFDIO_REGISTER_MODE_WP };
	struct uffdio_writeprotect change = { .range = range, .mode = protect ? UFFDIO_WRITEPROTECT_MODE_WP : 0 };
	int file = userfault_file();
	if (file < 0) {
		strcpy(answer, "cannot this kernel has no uffd-wp (arm64: from 6.10 on)");
		return;
	}
	/* Where nothing is there is no entry that could keep the bit. */
	if (is_untouched(pagemap(address_of(page))) || (!protect && !pages[page].watched)) return not_applicable(answer);
	if (!pages[page].watched && ioctl(file, UFFDIO_REGISTER, &watch)) return failed(answer, errno);
	pages[page].watched = true;
	if (ioctl(file, UFFDIO_WRITEPROTECT, &change)) return failed(answer, errno);
	ok(answer);
}

/*
 * All that an access may need of the agent's own memory (text, stack, the way into the signal handler and back) is brought in by accesses to a
 * page of its own with the wrong tags, so that no fault is counted that is not the page's.
 */
static void warm_up(void)
{
	char answer[LINE];
	if (warm == cold) return;
	warm = cold;
	pages[SCRATCH].tag[0] = 1;
	for (int times = 0; times < 2; times++) {
		do_read(SCRATCH, answer);
		do_write(SCRATCH, 1, answer);
		do_readtag(SCRATCH, answer);
		do_tag(SCRATCH, 0, 0, answer);
		pages[SCRATCH].tag[0] = 1;
	}
}

void pages_start(void)
{
	char answer[LINE];
	do_map(SCRATCH, true, answer);
}

void pages_cold(void)
{
	cold++;
}

void pages_warm(void)
{
	warm_up();
}

void pages_race(bool on)
{
	races = on;
}

#ifndef UFFDIO_MOVE
struct uffdio_move {
	uint64_t dst, src, len, mode;
	int64_t move;
};
#define UFFDIO_MOVE _IOWR(UFFDIO, 5, struct uffdio_move)
#endif

static void do_uffdmove(int page, int to, char *answer)
{
	struct uffdio_register watch = { .range = { (uintptr_t)address_of(to), PAGE_BYTES }, .mode = UFFDIO_REGISTER_MODE_WP };
	struct uffdio_move move = { .dst = (uintptr_t)address_of(to), .src = (uintptr_t)address_of(page), .len = PAGE_BYTES };
	int file = userfault_file();
	if (file < 0) {
		strcpy(answer, "cannot this kernel has no uffd-wp (arm64: from 6.10 on)");
		return;
	}
	if (page == to || !pages[to].mapped || is_pinned(to) || is_untouched(pagemap(address_of(page)))) return not_applicable(answer);
	if (pages[page].tagged != pages[to].tagged || pages[page].locked != pages[to].locked || pages[page].denied || pages[to].denied) return not_applicable(answer);
	/* The zero page is in the way of what the model takes for nothing. */
	if (is_zero_page(pagemap(address_of(to)))) madvise(address_of(to), PAGE_BYTES, 24 /* MADV_DONTNEED_LOCKED */);
	if (!pages[to].watched && ioctl(file, UFFDIO_REGISTER, &watch)) return failed(answer, errno);
	pages[to].watched = true;
	if (ioctl(file, UFFDIO_MOVE, &move)) {
		/* Not alike, something there, or the page is shared or pinned. */
		if (errno == EINVAL || errno == EEXIST || errno == EBUSY || errno == EFAULT) return not_applicable(answer);
		return failed(answer, errno);
	}
	move_pin(page, to);
	memcpy(pages[to].tag, pages[page].tag, sizeof pages[to].tag);
	pages[to].freed = pages[page].freed;
	memset(pages[page].tag, 0, sizeof pages[page].tag);
	pages[page].freed = false;
	ok(answer);
}

static void operation(const char *text, char *answer)
{
	char verb[16] = "", first[16] = "", second[16] = "", third[16] = "";
	sscanf(text, "%15s %15s %15s %15s", verb, first, second, third);
	if (!strcmp(verb, "map") && first[1] == '-') return do_map_large(first, second, answer);
	int page = first[0] - 'a';
	int group = first[1] == '.' ? first[2] - '0' : -1;
	unsigned value = strtoul(second, 0, 10);
	if (page < 0 || page >= PAGES || group >= GROUPS || (first[1] && first[1] != '.')) {
		strcpy(answer, "cannot no such page");
		return;
	}
	if (!strcmp(verb, "map")) return do_map(page, !strcmp(second, "tagged"), answer);
	if (!strcmp(verb, "unpin")) {
		if (unpin(page)) ok(answer);
		else not_applicable(answer);
		return;
	}
	if (!strcmp(verb, "dma")) {
		static char buffer[PAGE_BYTES];
		memset(buffer, value, sizeof buffer);
		if (pin_store(page, buffer)) ok(answer);
		else not_applicable(answer);
		return;
	}
	if (!pages[page].mapped) return not_applicable(answer);
	if (!strcmp(verb, "write") || !strcmp(verb, "read") || !strcmp(verb, "tag") || !strcmp(verb, "readtag")) {
		warm_up();
		counted = false;
	}
	if (!strcmp(verb, "write")) return do_write(page, value, answer);
	if (!strcmp(verb, "read")) return do_read(page, answer);
	if (!strcmp(verb, "tag")) return do_tag(page, group, value, answer);
	if (!strcmp(verb, "readtag")) return do_readtag(page, answer);
	if (!strcmp(verb, "mremap")) return do_mremap(page, (second[0] - 'a') & (PAGES - 1), answer);
	if (!strcmp(verb, "uffdmove")) return do_uffdmove(page, (second[0] - 'a') & (PAGES - 1), answer);
	if (!strcmp(verb, "uffdwp")) return do_protect(page, true, answer);
	if (!strcmp(verb, "uffdunwp")) return do_protect(page, false, answer);
	if (!strcmp(verb, "pin")) return do_pin(page, !strcmp(second, "write"), !strcmp(second, "get") || !strcmp(third, "get"), answer);
	if (!strcmp(verb, "unmap")) {
		if (munmap(address_of(page), PAGE_BYTES)) return failed(answer, errno);
		memset(&pages[page], 0, sizeof pages[page]);
		return ok(answer);
	}
	if (!strcmp(verb, "mlock")) {
		if (pages[page].locked) return not_applicable(answer);
		if (mlock2(address_of(page), PAGE_BYTES, MLOCK_ONFAULT)) return failed(answer, errno);
		pages[page].locked = true;
		return ok(answer);
	}
	if (!strcmp(verb, "munlock")) {
		if (!pages[page].locked) return not_applicable(answer);
		if (munlock(address_of(page), PAGE_BYTES)) return failed(answer, errno);
		pages[page].locked = false;
		return ok(answer);
	}
	if (!strcmp(verb, "dontneed")) {
		/* EINVAL: a locked mapping. */
		if (madvise(address_of(page), PAGE_BYTES, MADV_DONTNEED)) return errno == EINVAL ? not_applicable(answer) : failed(answer, errno);
		/* What comes is a page of zeroes, its tags too. */
		memset(pages[page].tag, 0, sizeof pages[page].tag);
		pages[page].freed = false;
		return ok(answer);
	}
	if (!strcmp(verb, "free")) {
		if (madvise(address_of(page), PAGE_BYTES, MADV_FREE)) return errno == EINVAL ? not_applicable(answer) : failed(answer, errno);
		pages[page].freed = pages[page].tagged;
		return ok(answer);
	}
	if (!strcmp(verb, "mprotect")) return do_mprotect(page, second, answer);
	if (!strcmp(verb, "pageout")) {
		/* EINVAL: a locked mapping. Success says nothing of whether the page went: its state does. */
		if (madvise(address_of(page), PAGE_BYTES, MADV_PAGEOUT) == 0) return ok(answer);
		if (errno == EINVAL) return not_applicable(answer);
		return failed(answer, errno);
	}
	strcpy(answer, "cannot no such operation");
}

/* What the flags of a frame are called in an answer. */
static const struct {
	int bit;
	char letter;
} frame_letters[] = { { 4, 'd' }, { 13, 's' }, { 33, 'm' }, { 41, 't' }, { 15, 'H' }, { 16, 'T' } }; /* KPF_DIRTY, KPF_SWAPCACHE, KPF_MLOCKED, KPF_ARCH_2, KPF_COMPOUND_HEAD, KPF_COMPOUND_TAIL */

/* The frame of a page that is in memory: another than at the last look, and its flags. */
static void add_frame(int page, uint64_t entry, char *answer)
{
	uint64_t frame = entry & FRAME_MASK, flags = frame_flags(frame);
	char letters[8] = "-";
	int count = 0;
	if (pages[page].frame) sprintf(answer + strlen(answer), " f=%d", pages[page].frame != frame);
	pages[page].frame = frame;
	for (size_t i = 0; i < sizeof frame_letters / sizeof *frame_letters; i++)
		if (flags >> frame_letters[i].bit & 1) letters[count++] = frame_letters[i].letter;
	sprintf(answer + strlen(answer), " k=%s", letters);
}

static void add_state(int page, char *answer)
{
	uint64_t entry = pages[page].mapped ? pagemap(address_of(page)) : 0;
	sprintf(answer + strlen(answer), " s=%c%s", pages[page].mapped ? state_of(entry, address_of(page)) : '.', entry >> 57 & 1 ? " w=1" : "");
	if (entry >> 63 && !is_zero_page(entry)) add_frame(page, entry, answer);
}

void page_operation(const char *text, char *answer)
{
	char page;
	fatal_signal = 0;
	counted = false;
	if (__builtin_setjmp((void **)escape) == 0) operation(text, answer);
	else {
		accesses_end();
		sprintf(answer, "sig %d %d", (int)fatal_signal, (int)fatal_code);
	}
	checks_on();
	if (races) return;
	if (counted) sprintf(answer + strlen(answer), " n=%ld/%ld", ended.ru_minflt - began.ru_minflt, ended.ru_majflt - began.ru_majflt);
	if (sscanf(text, "%*s %c", &page) == 1 && page >= 'a' && page < 'a' + PAGES) add_state(page - 'a', answer);
	sprintf(answer + strlen(answer), " u=%lu", slots_used());
}
