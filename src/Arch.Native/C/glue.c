/*
 * glue.c: an architecture's hooks, called from the model. Each call is told what is saved and what the page is like, makes that into what the file
 * works on, calls the hook, and tells what has become of it; nothing stays here from call to call. Written for Hooks.
 */
#include "kernel.h"
#include <setjmp.h>
#include <signal.h>

/* More than a call takes: the whole of what is saved, and what the hook allocates. */
#define ARENA_BYTES (64 << 10)
#define ALLOCATIONS 256

static __thread struct {
	_Alignas(16) char bytes[ARENA_BYTES];
	size_t used;
	struct {
		void *at;
		bool live, referred;
	} allocations[ALLOCATIONS];
	int count;
	int asked, fail; /* allocations since the call began; the one to fail */
	bool bad_free, bad_lock;
	sigjmp_buf out;
	volatile sig_atomic_t inside;
} arena;

bool hooks_fails(void)
{
	return ++arena.asked == arena.fail;
}

static void *take(size_t size)
{
	if (size > ARENA_BYTES - arena.used || arena.count == ALLOCATIONS) return 0;
	void *at = arena.bytes + arena.used;
	memset(at, 0, size);
	arena.used += (size + 15) & ~(size_t)15;
	arena.allocations[arena.count].at = at;
	arena.allocations[arena.count].referred = false;
	arena.allocations[arena.count++].live = true;
	return at;
}

void *hooks_alloc(size_t size)
{
	return hooks_fails() ? 0 : take(size);
}

void hooks_free(const void *memory)
{
	if (!memory) return;
	for (int i = 0; i < arena.count; i++) {
		if (arena.allocations[i].at != memory || !arena.allocations[i].live) continue;
		arena.allocations[i].live = false;
		return;
	}
	arena.bad_free = true;
}

void hooks_lock(int *lock)
{
	if (*lock) arena.bad_lock = true;
	*lock = 1;
}

void hooks_unlock(int *lock)
{
	if (!*lock) arena.bad_lock = true;
	*lock = 0;
}

static bool is_freed(const void *memory)
{
	for (int i = 0; i < arena.count; i++)
		if (arena.allocations[i].at == memory && !arena.allocations[i].referred) return !arena.allocations[i].live;
	return false;
}

/* Something refers to an allocation. */
static void is_referred_to(const void *memory)
{
	for (int i = 0; i < arena.count; i++)
		if (arena.allocations[i].at == memory) arena.allocations[i].referred = true;
}

/* The file follows a pointer into nowhere: that is an oops of the kernel, and no end of the program. */
static struct sigaction before[2];

static void on_signal(int signal, siginfo_t *info, void *context)
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
	int32_t wrong;   /* 1: freed what was not allocated; 2: a lock taken twice, or not given back; 4: followed a pointer into nowhere */
};

/* Runs an architecture's part of a call, which makes what the file works on, calls the hook and reads back what has become of it: whichever of the three comes to a bad pointer. */
static void guarded(struct outcome *outcome, int fail, void (*part)(void *call, int what), void *call, int what)
{
	volatile bool crashed = true;

	arena.used = 0;
	arena.count = 0;
	arena.asked = 0;
	arena.fail = fail;
	arena.bad_free = arena.bad_lock = false;
	arena.inside = 1;
	if (!sigsetjmp(arena.out, 0)) {
		part(call, what);
		crashed = false;
	}
	arena.inside = 0;
	outcome->asked = arena.asked;
	outcome->leaked = 0;
	for (int i = 0; i < arena.count && !crashed; i++) outcome->leaked += arena.allocations[i].live && !arena.allocations[i].referred;
	outcome->wrong = (arena.bad_free ? 1 : 0) | (arena.bad_lock ? 2 : 0) | (crashed ? 4 : 0);
}

#include HOOKS_FILE
#include HOOKS_GLUE
