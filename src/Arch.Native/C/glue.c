/*
 * glue.c: an architecture's hooks, called from the model. Each call is told what is saved and what the page is like, makes that into what the file
 * works on, calls the hook, and tells what has become of it; nothing stays here from call to call. Written for Hooks.
 *
 * Every load and store of the file is looked at before it is made: the compiler calls __asan_…_noabort() below (-fsanitize=kernel-address, as for the
 * kernel's KASAN), and what is neither allocated nor somebody's stack or variable ends the call. And where the file gives a lock back, another call can be
 * made whole in the middle of this one, as another CPU may.
 */
#include "kernel.h"
#include <setjmp.h>
#include <signal.h>

/* More than a call takes: the whole of what is saved (four ranges of sparc's, of 64 KiB each), and what the hook allocates. */
#define ARENA_BYTES (512 << 10)
#define ALLOCATIONS 256

/* Far from what is in use: a stack frame of the file is not so large. */
#define STACK_BYTES (1 << 20)
/* What looks at the file's loads and stores makes some itself. */
#define UNWATCHED __attribute__((no_sanitize_address))

static __thread struct {
	_Alignas(16) char bytes[ARENA_BYTES];
	size_t used;
	struct {
		void *at;
		size_t size;
		bool live, referred;
	} allocations[ALLOCATIONS];
	int count, last; /* the one that was looked up last */
	int asked, fail; /* allocations since the call began; the one to fail */
	int unlocks, beside_at; /* locks given back since the call began; the one behind which another call is made */
	void (*beside)(void *call);
	void *call;
	bool bad_free, bad_lock, watched;
	sigjmp_buf out;
	volatile sig_atomic_t inside;
} arena;

UNWATCHED bool hooks_fails(void)
{
	return ++arena.asked == arena.fail;
}

UNWATCHED static void *take(size_t size)
{
	if (size + 32 > ARENA_BYTES - arena.used || arena.count == ALLOCATIONS) return 0;
	void *at = arena.bytes + arena.used;
	/* With a gap behind it that is nobody's. */
	arena.used += (size + 31) & ~(size_t)15;
	arena.allocations[arena.count].at = at;
	arena.allocations[arena.count].size = size;
	arena.allocations[arena.count].referred = false;
	arena.allocations[arena.count++].live = true;
	return at;
}

UNWATCHED void *hooks_alloc(size_t size)
{
	void *at = hooks_fails() ? 0 : take(size);
	if (at) memset(at, 0, size);
	return at;
}

UNWATCHED void hooks_free(const void *memory)
{
	if (!memory) return;
	for (int i = 0; i < arena.count; i++) {
		if (arena.allocations[i].at != memory || !arena.allocations[i].live) continue;
		arena.allocations[i].live = false;
		return;
	}
	arena.bad_free = true;
}

UNWATCHED void hooks_lock(int *lock)
{
	if (*lock) arena.bad_lock = true;
	*lock = 1;
}

UNWATCHED void hooks_unlock(int *lock)
{
	if (!*lock) arena.bad_lock = true;
	*lock = 0;
	if (++arena.unlocks == arena.beside_at) arena.beside(arena.call);
}

UNWATCHED static bool is_freed(const void *memory)
{
	for (int i = 0; i < arena.count; i++)
		if (arena.allocations[i].at == memory && !arena.allocations[i].referred) return !arena.allocations[i].live;
	return false;
}

/* Something refers to an allocation. */
UNWATCHED static void is_referred_to(const void *memory)
{
	for (int i = 0; i < arena.count; i++)
		if (arena.allocations[i].at == memory) arena.allocations[i].referred = true;
}

/* --- what the file may load and store ---------------------------------------------------------------------------------- */

extern char __ehdr_start[] __attribute__((visibility("hidden"))), _end[] __attribute__((visibility("hidden")));

static bool is_a_variable(const char *from, const char *to); /* of a thread; the architecture's glue knows */

UNWATCHED static bool is_within(const char *from, const char *to, const void *object, size_t size)
{
	return from >= (const char *)object && to <= (const char *)object + size;
}

UNWATCHED static void look_at(const void *address, size_t size)
{
	const char *from = address, *to = from + size, *frame = __builtin_frame_address(0);

	if (!arena.watched) return;
	if (from >= arena.bytes && from < arena.bytes + ARENA_BYTES) {
		for (int n = 0, i = arena.last; n < arena.count; n++, i = (i + 1) % arena.count) {
			if (!arena.allocations[i].live || !is_within(from, to, arena.allocations[i].at, arena.allocations[i].size)) continue;
			arena.last = i;
			return;
		}
		/* Of what was allocated and is not any more, or behind its end. */
		arena.bad_free = true;
	} else if (is_within(from, to, frame - STACK_BYTES, 2 * STACK_BYTES) || (from >= __ehdr_start && to <= _end) || is_a_variable(from, to)) {
		return;
	}
	siglongjmp(arena.out, 1);
}

#define ACCESS(size) \
	UNWATCHED void __asan_load##size##_noabort(void *address) { look_at(address, size); } \
	UNWATCHED void __asan_store##size##_noabort(void *address) { look_at(address, size); }
ACCESS(1) ACCESS(2) ACCESS(4) ACCESS(8) ACCESS(16)
UNWATCHED void __asan_loadN_noabort(void *address, long size) { look_at(address, size); }
UNWATCHED void __asan_storeN_noabort(void *address, long size) { look_at(address, size); }
UNWATCHED void __asan_handle_no_return(void) { }

/* The file follows a pointer into nowhere: that is an oops of the kernel, and no end of the program. */
static struct sigaction before[2];

UNWATCHED static void on_signal(int signal, siginfo_t *info, void *context)
{
	if (arena.inside) siglongjmp(arena.out, 1);
	struct sigaction *old = &before[signal == SIGBUS];
	if (old->sa_flags & SA_SIGINFO) old->sa_sigaction(signal, info, context);
	else if (old->sa_handler != SIG_DFL && old->sa_handler != SIG_IGN) old->sa_handler(signal);
	else sigaction(signal, old, 0);
}

__attribute__((constructor)) static void catch_signals(void)
{
	struct sigaction action = { .sa_sigaction = on_signal, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
	sigaction(SIGSEGV, &action, &before[0]);
	sigaction(SIGBUS, &action, &before[1]);
}

__attribute__((destructor)) static void leave_signals(void)
{
	sigaction(SIGSEGV, &before[0], 0);
	sigaction(SIGBUS, &before[1], 0);
}

/* What every call tells. */
struct outcome {
	int32_t result;  /* of the hook */
	int32_t asked;   /* how often it asked for memory */
	int32_t leaked;  /* allocations that nothing refers to any more */
	int32_t wrong;   /* 1: freed what was not allocated, or used what it is not; 2: a lock taken twice, or not given back; 4: followed a pointer into nowhere; 8: ended early by that */
	int32_t unlocks; /* how often it gave a lock back */
};

/* Runs an architecture's part of a call, which makes what the file works on, calls the hook and reads back what has become of it: whichever of the three comes to a bad pointer. */
UNWATCHED static void guarded(struct outcome *outcome, int fail, void (*part)(void *call, int what), void *call, int what)
{
	volatile bool crashed = true;

	arena.used = 0;
	arena.count = arena.last = 0;
	arena.asked = 0;
	arena.fail = fail;
	arena.bad_free = arena.bad_lock = arena.watched = false;
	arena.unlocks = arena.beside_at = 0;
	arena.inside = 1;
	if (!sigsetjmp(arena.out, 0)) {
		part(call, what);
		crashed = false;
	}
	arena.inside = arena.watched = 0;
	outcome->unlocks = arena.unlocks;
	outcome->asked = arena.asked;
	outcome->leaked = 0;
	for (int i = 0; i < arena.count && !crashed; i++) outcome->leaked += arena.allocations[i].live && !arena.allocations[i].referred;
	outcome->wrong = (arena.bad_free ? 1 : 0) | (arena.bad_lock ? 2 : 0) | (crashed ? arena.bad_free ? 8 : 12 : 0);
}

#include HOOKS_FILE
#include HOOKS_GLUE
