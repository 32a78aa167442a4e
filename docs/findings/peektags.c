// SPDX-License-Identifier: GPL-2.0
/*
 * Does PTRACE_PEEKMTETAGS show the tags that somebody else has left in memory?
 *
 * A page that is mapped without PROT_MTE, written, and then given PROT_MTE without any access (PROT_NONE) has an entry that gives no access, so arm64 has
 * neither cleared its tags nor flagged it (PG_mte_tagged); a tracer's get_user_pages() gets it all the same. What is read must be 0, or the call must fail.
 * No swap is needed, and no privilege.
 *
 *     cc -O2 -static -o peektags peektags.c; ./peektags        TAP; exit code 0 pass, 1 fail, 4 skip
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PROT_MTE
#define PROT_MTE 0x20
#endif
#ifndef HWCAP2_MTE
#define HWCAP2_MTE (1 << 18)
#endif
#ifndef PTRACE_PEEKMTETAGS
#define PTRACE_PEEKMTETAGS 33
#endif
#define GRANULE 16
#define TAG 10UL

static size_t page_size;
static int free_pages, looked_at; /* of those a sixteenth */

static int skip(const char *why)
{
	printf("TAP version 13\n1..0 # SKIP %s\n", why);
	return 4;
}

/* Somebody who leaves most of the free memory full of tags. */
static void leave_tags(void)
{
	size_t bytes = (size_t)free_pages * page_size / 8 * 7;
	char *memory = mmap(0, bytes, PROT_READ | PROT_WRITE | PROT_MTE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED) _exit(1);
#ifdef __aarch64__
	for (size_t at = 0; at < bytes; at += GRANULE) {
		unsigned long tagged = (unsigned long)(memory + at) | TAG << 56;
		asm volatile(".arch armv8.5-a+memtag\n stg %0, [%0]" : : "r"(tagged) : "memory");
	}
#endif
	_exit(0);
}

/* Pages of one's own with tags turned on, and these rights; their tracer looks at them. */
static pid_t tracee(int rights, char **pages)
{
	pid_t child;

	*pages = mmap(0, looked_at * page_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	child = fork();
	if (child) return child;
	for (int i = 0; i < looked_at; i++) (*pages)[i * page_size] = 1;
	if (mprotect(*pages, looked_at * page_size, rights | PROT_MTE)) _exit(1);
	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	_exit(0);
}

/* How many pages show a tag; errno: of a call that failed. */
static int pages_with_tags(pid_t child, const char *pages, int *failed)
{
	unsigned char tags[4096 * 16 / GRANULE];
	int with = 0;

	*failed = 0;
	for (int i = 0; i < looked_at; i++) {
		struct iovec into = { tags, page_size / GRANULE };
		int any = 0;

		if (ptrace(PTRACE_PEEKMTETAGS, child, pages + i * page_size, &into)) {
			*failed = errno;
			continue;
		}
		for (size_t g = 0; g < into.iov_len; g++) any |= tags[g];
		with += any != 0;
	}
	return with;
}

int main(void)
{
	/* The last one clears the tags of what it gets. */
	static const struct { const char *name; int rights; } tests[] = { { "without access", PROT_NONE }, { "executable only", PROT_EXEC }, { "readable", PROT_READ } };
	int wrong = 0, status;
	pid_t child;

	page_size = sysconf(_SC_PAGESIZE);
	free_pages = sysconf(_SC_AVPHYS_PAGES);
	looked_at = free_pages / 16;
	setvbuf(stdout, 0, _IOLBF, 0);
	if (!(getauxval(AT_HWCAP2) & HWCAP2_MTE)) return skip("no MTE");
	child = fork();
	if (child == 0) leave_tags();
	if (waitpid(child, &status, 0) != child || status) return skip("no memory to leave tags in");
	printf("TAP version 13\n1..%d\n", (int)(sizeof tests / sizeof *tests));
	for (int i = 0; i < (int)(sizeof tests / sizeof *tests); i++) {
		char *pages;
		int failed, with;

		child = tracee(tests[i].rights, &pages);
		if (waitpid(child, &status, 0) != child || !WIFSTOPPED(status)) {
			printf("ok %d %s # SKIP the tracee does not stop\n", i + 1, tests[i].name);
			continue;
		}
		with = pages_with_tags(child, pages, &failed);
		printf("%sok %d %s # %d of %d pages show tags that nobody has set there%s%s\n", with ? "not " : "", i + 1, tests[i].name, with, looked_at, failed ? "; else: " : "", failed ? strerror(failed) : "");
		wrong += with != 0;
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		munmap(pages, looked_at * page_size);
	}
	return wrong != 0;
}
