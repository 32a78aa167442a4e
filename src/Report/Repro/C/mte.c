//include signal.h stdint.h sys/auxv.h sys/mman.h sys/prctl.h ucontext.h
#ifndef PROT_MTE
#define PROT_MTE 0x20
#endif

/* A page's tags are written 1234: one digit for each quarter. */
static inline unsigned tag_in(unsigned tags, int quarter)
{
	return tags >> (12 - 4 * quarter) & 15;
}

static inline char *with_tag(const char *address, unsigned tag)
{
	return (char *)((uintptr_t)address | (uint64_t)tag << 56);
}

#ifdef __aarch64__
static inline unsigned load_tag(const char *address)
{
	uint64_t found = 0;

	asm volatile(".arch armv8.5-a+memtag\n\tldg %0, [%1]" : "+r"(found) : "r"(address) : "memory");
	return found >> 56 & 15;
}

static inline void store_tag(char *address, unsigned tag)
{
	asm volatile(".arch armv8.5-a+memtag\n\tstg %0, [%0]" : : "r"(with_tag(address, tag)) : "memory");
}

/* PSTATE.TCO: no access is checked while it is set. */
static inline void checks_on(void)
{
	asm volatile(".arch armv8.5-a+memtag\n\tmsr tco, #0" : : : "memory");
}

static inline void checks_off(void)
{
	asm volatile(".arch armv8.5-a+memtag\n\tmsr tco, #1" : : : "memory");
}

static _Thread_local volatile sig_atomic_t mismatch;

/* A failed check is noted, and the access made again without: what does it find? */
static void on_mismatch(int signal, siginfo_t *info, void *context)
{
	if (info->si_code != 9 /* SEGV_MTESERR */) {
		struct sigaction usual = { .sa_handler = SIG_DFL };

		sigaction(signal, &usual, 0);
		return;
	}
	mismatch = 1;
	((ucontext_t *)context)->uc_mcontext.pstate |= 1UL << 25;
}

static void start_mte(void)
{
	struct sigaction action = { .sa_sigaction = on_mismatch, .sa_flags = SA_SIGINFO | SA_NODEFER };

	if (!(getauxval(AT_HWCAP2) >> 18 & 1)) skip("no MTE (HWCAP2_MTE)");
	sigaction(SIGSEGV, &action, 0);
	if (prctl(55 /* PR_SET_TAGGED_ADDR_CTRL */, 1UL /* PR_TAGGED_ADDR_ENABLE */ | 1UL << 1 /* PR_MTE_TCF_SYNC */ | 0xffffUL << 3, 0, 0, 0)) skip("no tagged addresses: %s", strerror(errno));
}
#else
static _Thread_local volatile sig_atomic_t mismatch;
static inline unsigned load_tag(const char *address) { return (uintptr_t)address >> 56; }
static inline void store_tag(char *address, unsigned tag) { (void)address, (void)tag; }
static inline void checks_on(void) { }
static inline void checks_off(void) { }
static void start_mte(void)
{
	(void)mismatch;
	skip("no MTE: this is not arm64");
}
#endif
