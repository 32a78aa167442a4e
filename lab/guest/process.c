/*
 * process.c: the processes of a case and the pipes to them. P0 is forked here; the others fork from one another, as the case
 * says. Each waits at the end of a pipe for what to do next, and all operations run one after the other.
 */
#include "agent.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* More than there are pages: each try takes one at least, or none can be taken. */
#define EVICT_TRIES (PROCESSES * PAGES + 1)
#define OWN_MAPPINGS 32
#define THREAD_BYTES (128 << 10) /* PTHREAD_STACK_MIN */

static struct {
	int down[2], up[2]; /* requests, replies */
	int pidfd;          /* 0: no such process */
	bool locked;        /* its own memory is */
} processes[PROCESSES];

static void serve(int self) __attribute__((noreturn));

/* --- in a process ----------------------------------------------------------------------------------------------------- */

/* The agent's own memory, which is at the same addresses in all processes, as all are its children. */
static struct {
	void *start;
	size_t length;
} own[OWN_MAPPINGS];
static int own_count;

static void find_own_memory(void)
{
	static char maps[8192];
	int file = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
	ssize_t length = file < 0 ? -1 : read(file, maps, sizeof maps - 1);
	if (file >= 0) close(file);
	maps[length > 0 ? length : 0] = 0;
	for (char *line = strtok(maps, "\n"); line && own_count < OWN_MAPPINGS; line = strtok(0, "\n")) {
		unsigned long start, end;
		if (sscanf(line, "%lx-%lx", &start, &end) != 2) continue;
		own[own_count].start = (void *)start;
		own[own_count++].length = end - start;
	}
}

/* Reclaim shall find the case's pages, not the agent's own: they would take the few slots there are. */
static void lock_own_memory(void)
{
	for (int i = 0; i < own_count; i++) mlock2(own[i].start, own[i].length, MLOCK_ONFAULT);
}

/*
 * A process's other threads, made when the first operation of theirs comes. Each has its stack from here, so that it is memory of the agent's own.
 * One thread works at a time: the first hands a request on and waits.
 */
static struct {
	pid_t owner; /* the process it was made in: a child has only the thread that forked */
	sem_t go;
} threads[THREADS];
static char stacks[THREADS][THREAD_BYTES] __attribute__((aligned(PAGE_BYTES)));
static int first_stack; /* of a child, whose first thread is the one that forked: that one's; it then has stack 0 to give. 0: none of them */
static sem_t done;
static const struct request *handed;
static struct reply *handed_reply;

static int stack_of(int thread)
{
	return thread == first_stack ? 0 : thread;
}

static void answer_fork(int self, struct reply *reply)
{
	strcpy(reply->text, "ok");
	if (write(processes[self].up[1], reply, sizeof *reply) != sizeof *reply) _exit(1);
	serve(self);
}

/* One request. A forked child does not come back from here, but waits for requests of its own. */
static void serve_one(const struct request *request, struct reply *reply)
{
	if (!strncmp(request->text, "fork ", 5)) {
		int child = request->text[6] - '0';
		pid_t pid = fork();
		if (pid == 0) {
			forget_pins();
			pages_forked();
			pages_cold();
			race_forked();
			first_stack = request->thread ? stack_of(request->thread) : first_stack;
			answer_fork(child, reply);
		} else sprintf(reply->text, "%d", pid);
		pages_cold();
	} else if (!strcmp(request->text, "exit")) {
		for (int page = 0; page < PAGES; page++) unpin(page);
		_exit(0);
	} else if (!strcmp(request->text, "states")) page_states(reply->text);
	else if (!strcmp(request->text, "clear")) pages_clear(), strcpy(reply->text, "ok");
	else if (!strcmp(request->text, "lock")) lock_own_memory(), strcpy(reply->text, "ok");
	else if (!strncmp(request->text, "swapo", 5)) swap_serve(request->text, reply->text);
	else if (!strncmp(request->text, "racers ", 7)) race_start(request->text[7] - '0', reply->text);
	else page_operation(request->text, reply->text);
}

void serve_request(const struct request *request, struct reply *reply)
{
	serve_one(request, reply);
}

static void *thread_main(void *number)
{
	tags_on(stack_of((intptr_t)number));
	for (;;) {
		while (sem_wait(&threads[(intptr_t)number].go)) { }
		serve_one(handed, handed_reply);
		sem_post(&done);
	}
	return 0;
}

static bool start_thread(int number)
{
	pthread_attr_t attributes;
	pthread_t id;
	if (threads[number].owner == getpid()) return true;
	threads[number].owner = getpid();
	sem_init(&threads[number].go, 0, 0);
	sem_init(&done, 0, 0);
	pthread_attr_init(&attributes);
	return pthread_attr_setstack(&attributes, stacks[stack_of(number)], THREAD_BYTES) == 0 && pthread_create(&id, &attributes, thread_main, (void *)(intptr_t)number) == 0;
}

/* By the thread that it is for. What another needs of the agent's own memory may not be there yet. */
static void hand_on(const struct request *request, struct reply *reply)
{
	static int last;
	if (request->thread != last) pages_cold();
	last = request->thread;
	if (last == 0) {
		serve_one(request, reply);
		return;
	}
	if (!start_thread(last)) {
		strcpy(reply->text, "err thread");
		return;
	}
	handed = request;
	handed_reply = reply;
	sem_post(&threads[last].go);
	while (sem_wait(&done)) { }
}

/* As many requests as have come in together are answered together: two switches of process, not two for each. */
static void serve(int self)
{
	static struct request requests[BATCH];
	static struct reply replies[BATCH];
	ssize_t bytes;
	tags_on(first_stack);
	while ((bytes = read(processes[self].down[0], requests, sizeof requests)) > 0) {
		int count = bytes / sizeof *requests;
		memset(replies, 0, count * sizeof *replies);
		for (int i = 0; i < count; i++) hand_on(&requests[i], &replies[i]);
		ssize_t size = count * sizeof *replies;
		if (write(processes[self].up[1], replies, size) != size) _exit(1);
	}
	_exit(0);
}

/* --- in the agent ------------------------------------------------------------------------------------------------------ */

void processes_start(void)
{
	for (int i = 0; i < PROCESSES; i++)
		if (pipe(processes[i].down) || pipe(processes[i].up)) perror("pipe"), machine_off();
	/* The agent goes into the cgroup itself, as moving each P0 there would wait for RCU each time. Its memory it keeps. */
	machine_cgroup();
	write_text(CGROUP "/cgroup.procs", "0");
	pages_start();
	race_map();
	find_own_memory();
	lock_own_memory();
	processes_reset();
}

bool process_exists(int process)
{
	return processes[process].pidfd != 0;
}

static bool hand_down(int process, const struct request *request)
{
	return write(processes[process].down[1], request, sizeof *request) == sizeof *request;
}

/* Something that any thread can do. */
static bool ask(int process, const char *text)
{
	struct request request = { 0 };
	snprintf(request.text, sizeof request.text, "%s", text);
	return hand_down(process, &request);
}

/* false: it is gone, and the answers say so. One that does not answer is the host's affair, which has the real time. */
static bool hear(int process, struct reply *replies, int count)
{
	size_t wanted = count * sizeof *replies, got = 0;
	while (got < wanted) {
		struct pollfd ways[] = { { processes[process].up[0], POLLIN, 0 }, { processes[process].pidfd, POLLIN, 0 } };
		poll(ways, 2, -1);
		if (ways[0].revents & POLLIN) {
			ssize_t bytes = read(processes[process].up[0], (char *)replies + got, wanted - got);
			if (bytes > 0) got += bytes;
		} else if (ways[1].revents) {
			for (int i = got / sizeof *replies; i < count; i++) strcpy(replies[i].text, "err the process has died");
			return false;
		}
	}
	return true;
}

bool process_ask(int process, const char *text, struct reply *reply)
{
	return ask(process, text) && hear(process, reply, 1);
}

bool process_born(int process, int pid)
{
	struct reply reply = { 0 };
	processes[process].pidfd = syscall(SYS_pidfd_open, pid, 0);
	return processes[process].pidfd > 0 && hear(process, &reply, 1);
}

/* Until all of it is gone: a process that is still on its way out would make runs differ. */
static void see_it_gone(int process)
{
	struct pollfd way = { processes[process].pidfd, POLLIN, 0 };
	poll(&way, 1, -1);
	close(processes[process].pidfd);
	processes[process].pidfd = 0;
	processes[process].locked = false;
	while (waitpid(-1, 0, WNOHANG) > 0) { }
}

static void drain(int fd)
{
	char rest[sizeof(struct request)];
	struct pollfd way = { fd, POLLIN, 0 };
	while (poll(&way, 1, 0) > 0 && read(fd, rest, sizeof rest) > 0) { }
}

bool processes_reset(void)
{
	struct reply reply = { 0 };
	bool kept = processes[0].pidfd && ask(0, "clear") && hear(0, &reply, 1) && !strcmp(reply.text, "ok");
	for (int i = kept ? 1 : 0; i < PROCESSES; i++) {
		if (!processes[i].pidfd) continue;
		ask(i, "exit");
		see_it_gone(i);
		drain(processes[i].down[0]);
		drain(processes[i].up[0]);
	}
	/* A P0 that has given everything back is as good as a new one, which takes 2 ms. */
	if (kept) return true;

	pid_t pid = fork();
	if (pid == 0) {
		/* Its children are not waited for here; pid 1 hears of those whose parent has gone. */
		signal(SIGCHLD, SIG_IGN);
		serve(0);
	}
	if (pid < 0) return false;
	processes[0].pidfd = syscall(SYS_pidfd_open, pid, 0);
	return processes[0].pidfd > 0;
}

static void do_fork(int process, int thread, int child, char *answer)
{
	struct request request = { .thread = thread };
	struct reply reply = { 0 };
	if (child < 0 || child >= PROCESSES) {
		strcpy(answer, "cannot no such process");
		return;
	}
	if (processes[child].pidfd) {
		strcpy(answer, "na");
		return;
	}
	snprintf(request.text, sizeof request.text, "fork P%d", child);
	if (!hand_down(process, &request) || !hear(process, &reply, 1)) {
		memcpy(answer, reply.text, LINE);
		return;
	}
	int pid = atoi(reply.text);
	if (pid <= 0) {
		strcpy(answer, "err fork");
		return;
	}
	processes[child].pidfd = syscall(SYS_pidfd_open, pid, 0);
	hear(child, &reply, 1);
	memcpy(answer, reply.text, LINE);
}

void processes_do(int process, struct request *requests, struct reply *replies, int count)
{
	if (!processes[process].pidfd) {
		for (int i = 0; i < count; i++) strcpy(replies[i].text, "na");
		return;
	}
	if (!strncmp(requests[0].text, "fork P", 6)) {
		do_fork(process, requests[0].thread, requests[0].text[6] - '0', replies[0].text);
		return;
	}
	if (!strcmp(requests[0].text, "exit")) {
		hand_down(process, requests);
		see_it_gone(process);
		strcpy(replies[0].text, "ok");
		return;
	}
	ssize_t bytes = count * sizeof *requests;
	if (write(processes[process].down[1], requests, bytes) == bytes) hear(process, replies, count);
}

/* lru_add_drain() is the first thing that this call does, whatever it is called for. */
void drain_lru_batch(void)
{
	static char *page;
	if (!page) page = mmap(0, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	madvise(page, PAGE_BYTES, MADV_COLD);
}

static bool ask_states(int process, struct reply *reply)
{
	memset(reply, 0, sizeof *reply);
	return ask(process, "states") && hear(process, reply, 1);
}

static void add_states(char *answer, char *states)
{
	for (char *at = states; *at; at++)
		if (*at == ZERO_PAGE) *at = 'P';
	snprintf(answer + strlen(answer), PAGES + 1, "%.*s", PAGES, states);
}

void processes_states(char *answer)
{
	strcpy(answer, "ok");
	for (int i = 0; i < PROCESSES; i++) {
		struct reply reply;
		strcat(answer, " ");
		if (!processes[i].pidfd) strcat(answer, "....");
		else if (ask_states(i, &reply)) add_states(answer, reply.text);
		else {
			memcpy(answer, reply.text, LINE);
			return;
		}
	}
}

/*
 * Memory pressure until the page is out of memory: written, unmapped everywhere, and out of the swap cache. Others go before
 * or with it; the states say which.
 */
void process_evict(int process, const char *page, char *answer)
{
	struct reply reply;
	int index = page[0] - 'a';
	bool more = true;
	static int reclaim = -1;
	if (reclaim < 0) reclaim = open(CGROUP "/memory.reclaim", O_WRONLY | O_CLOEXEC);
	if (index < 0 || index >= PAGES) {
		strcpy(answer, "cannot no such page");
		return;
	}
	for (int tries = 0;; tries++) {
		if (!ask_states(process, &reply)) goto failed;
		if (!strchr("XPC", reply.text[index]) || !more || tries == EVICT_TRIES) break;
		for (int i = 0; i < PROCESSES; i++) {
			struct reply locked;
			if (!processes[i].pidfd || processes[i].locked) continue;
			processes[i].locked = ask(i, "lock") && hear(i, &locked, 1);
		}
		/* The kernel tries 16 times before it gives up; but pages that are still in the CPU's batch it looks for once, in the end. */
		drain_lru_batch();
		more = write(reclaim, "4K", 2) >= 0 || errno != EAGAIN;
	}
	sprintf(answer, "ok s=%c all=", reply.text[index] == ZERO_PAGE ? 'P' : reply.text[index]);
	for (int i = 0; i < PROCESSES; i++) {
		struct reply other;
		if (i > 0) strcat(answer, "/");
		if (i == process) add_states(answer, reply.text);
		else if (!processes[i].pidfd) strcat(answer, "....");
		else if (ask_states(i, &other)) add_states(answer, other.text);
		else {
			reply = other;
			goto failed;
		}
	}
	return;
failed:
	memcpy(answer, reply.text, LINE);
}
