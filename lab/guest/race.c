/*
 * race.c: tasks that work at the same time. Each task of a case is a thread of its own here, on the CPU that the host says, and answers for itself when it is done;
 * between mark_begin() and mark_done() it does what it was told and nothing else, so that a debugger's breakpoints there say where it is. CPU 0 is the agent's and the interrupts'.
 */
#include "agent.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TASKS (PROCESSES * THREADS)
#define RACER_BYTES (128 << 10)

/* What a task is told: in memory that all processes have. */
static struct box {
	int told; /* changes with each operation */
	int cpu;
	struct request request;
} *boxes;

/* What a task has done, and its answer. It may have been told the next by the time this is read. */
struct done {
	int task;
	struct request request;
	struct reply reply;
};
static int done_pipe[2];

/* --- in a process ----------------------------------------------------------------------------------------------------- */

static char racer_stacks[RACER_STACKS][RACER_BYTES] __attribute__((aligned(PAGE_BYTES)));
/* The stack that the process's first thread is on, if a racer has forked it. */
static int busy_stack = -1;
static _Thread_local int own_stack = -1;
static pid_t started; /* the process whose racers there are: a child has none */
static int own_process;

__attribute__((noinline, used)) void mark_begin(int task) { asm volatile("" : : "r"(task) : "memory"); }
__attribute__((noinline, used)) void mark_done(int task) { asm volatile("" : : "r"(task) : "memory"); }

static void pin_to(int cpu)
{
	cpu_set_t set;
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof set, &set);
}

void race_forked(void)
{
	busy_stack = own_stack;
	pages_race(false);
	if (started) pin_to(0);
}

static void *racer_main(void *argument)
{
	int thread = (intptr_t)argument & 15, task = own_process * THREADS + thread, cpu = -1, seen = 0;
	struct box *box = &boxes[task];
	struct done done = { .task = task };
	own_stack = (intptr_t)argument >> 4;
	tags_on(THREADS + own_stack);
	pages_race(true);
	seen = __atomic_load_n(&box->told, __ATOMIC_ACQUIRE);
	pages_warm();
	write(done_pipe[1], &done, sizeof done);
	for (;;) {
		while (__atomic_load_n(&box->told, __ATOMIC_ACQUIRE) == seen) syscall(SYS_futex, &box->told, FUTEX_WAIT, seen, 0, 0, 0);
		seen = __atomic_load_n(&box->told, __ATOMIC_ACQUIRE);
		if (box->cpu != cpu) pin_to(cpu = box->cpu);
		done.request = box->request;
		memset(&done.reply, 0, sizeof done.reply);
		pages_warm();
		mark_begin(task);
		serve_request(&done.request, &done.reply);
		mark_done(task);
		write(done_pipe[1], &done, sizeof done);
		/* To go from a CPU to another takes the one: not from one that somebody may stand on by then. */
		pin_to(cpu = 0);
	}
	return 0;
}

/* Makes the process's racers, if it has none. */
void race_start(int process, char *answer)
{
	strcpy(answer, "ok");
	if (started == getpid()) return;
	started = getpid();
	own_process = process;
	pin_to(0);
	for (int thread = 0, stack = 0; thread < THREADS; thread++, stack++) {
		pthread_attr_t attributes;
		pthread_t id;
		if (stack == busy_stack) stack++;
		pthread_attr_init(&attributes);
		if (pthread_attr_setstack(&attributes, racer_stacks[stack], RACER_BYTES) || pthread_create(&id, &attributes, racer_main, (void *)(intptr_t)(stack << 4 | thread))) strcpy(answer, "err thread");
	}
}

/* --- in the agent ------------------------------------------------------------------------------------------------------ */

void race_map(void)
{
	boxes = mmap(0, TASKS * sizeof *boxes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (boxes == MAP_FAILED || pipe2(done_pipe, O_CLOEXEC)) perror("race"), machine_off();
}

int race_file(void)
{
	return done_pipe[0];
}

static void irqs_to_first_cpu(void)
{
	char path[300];
	DIR *folder = opendir("/proc/irq");
	write_text("/proc/irq/default_smp_affinity", "1");
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		if (entry->d_name[0] < '0' || entry->d_name[0] > '9') continue;
		snprintf(path, sizeof path, "/proc/irq/%s/smp_affinity", entry->d_name);
		write_text(path, "1");
	}
	if (folder) closedir(folder);
}

/* The racers of a process, each of which says once that it is there. */
static bool have_racers(int process, struct reply *reply)
{
	char text[16];
	struct done done;
	sprintf(text, "racers %d", process);
	if (!process_ask(process, text, reply) || strcmp(reply->text, "ok")) return false;
	for (int thread = 0; thread < THREADS; thread++)
		if (read(done_pipe[0], &done, sizeof done) != sizeof done) return false;
	return true;
}

/* race on: the agent to CPU 0, with all interrupts; racers for P0; and where the marks are. */
static void race_on(char *answer)
{
	static bool on;
	struct reply reply = { 0 };
	if (!on) {
		pin_to(0);
		irqs_to_first_cpu();
		if (!have_racers(0, &reply)) {
			memcpy(answer, reply.text, LINE);
			return;
		}
	}
	on = true;
	sprintf(answer, "ok cpus=%ld begin=%lx done=%lx access=%lx,%lx,%lx,%lx", sysconf(_SC_NPROCESSORS_ONLN), (unsigned long)mark_begin, (unsigned long)mark_done,
		(unsigned long)first_load, (unsigned long)first_store, (unsigned long)first_load_tag, (unsigned long)first_store_tag);
}

/* Empties the batches of pages of all CPUs, each of which has to run for it. (Compaction, which asks for that, puts pages of its own into one.) */
static void race_drain(char *answer)
{
	for (int cpu = sysconf(_SC_NPROCESSORS_ONLN) - 1; cpu >= 0; cpu--) {
		pin_to(cpu);
		drain_lru_batch();
	}
	strcpy(answer, "ok");
}

/* race P0.1 CPU OPERATION: begins it. The answer is sent when it is done; false: there is none now. */
bool race_command(const char *rest, char *answer)
{
	int process, thread, cpu, length = 0;
	if (!strcmp(rest, "on")) return race_on(answer), true;
	if (!strcmp(rest, "drain")) return race_drain(answer), true;
	if (sscanf(rest, "P%d.%d %d %n", &process, &thread, &cpu, &length) != 3 || !length || process < 0 || process >= PROCESSES || thread < 0 || thread >= THREADS) {
		strcpy(answer, "cannot no such command");
		return true;
	}
	struct box *box = &boxes[process * THREADS + thread];
	const char *operation = rest + length;
	bool on = !strncmp(operation, "swapon ", 7), off = !strncmp(operation, "swapoff ", 8);
	struct request request = { .thread = thread };
	snprintf(request.text, sizeof request.text, "%s", operation);
	if (!process_exists(process)) {
		sprintf(answer, "race P%d.%d na", process, thread);
		return true;
	}
	if (on || off) swap_request(atoi(operation + (on ? 7 : 8)), on, request.text);
	box->cpu = cpu;
	box->request = request;
	__atomic_store_n(&box->told, box->told + 1, __ATOMIC_RELEASE);
	syscall(SYS_futex, &box->told, FUTEX_WAKE, 1, 0, 0, 0);
	return false;
}

/* A task is done. */
void race_done(char *answer)
{
	struct done done;
	struct reply reply = { 0 };
	if (read(done_pipe[0], &done, sizeof done) != sizeof done) return;
	const char *text = done.reply.text;
	/* A fork's answer is the child's number: it gets racers, too. */
	if (!strncmp(done.request.text, "fork P", 6) && text[0] >= '0' && text[0] <= '9') {
		int child = done.request.text[6] - '0';
		text = process_born(child, atoi(text)) && have_racers(child, &reply) ? "ok" : "err fork";
	}
	swap_served(done.request.text, text);
	snprintf(answer, LINE * 2, "race P%d.%d %s", done.task / THREADS, done.task % THREADS, text);
}
