/*
 * agent.c: the port to the host. A line in, a line out, in order; lines that have come in together are worked on together, and
 * several for one process go to it at once.
 */
#include "agent.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/utsname.h>
#include <unistd.h>

#define PORT "/dev/vport0p1"
/* The guest's clock runs ahead of the host's, which makes the port. */
#define PORT_MILLISECONDS 60000
static int port = -1;
static char in[65536], out[65536];
static size_t in_bytes, out_bytes;

/* Until the port can be read or written. The host has closed its end, or its process is gone: there is nobody to work for. */
static void wait_for_port(short events)
{
	struct pollfd ways[] = { { port, events, 0 }, { race_file(), POLLIN, 0 } };
	if (poll(ways, events == POLLIN ? 2 : 1, -1) > 0 && (ways[0].revents & POLLHUP)) machine_off();
}

static void flush_answers(void)
{
	for (size_t sent = 0; sent < out_bytes;) {
		ssize_t wrote = write(port, out + sent, out_bytes - sent);
		if (wrote > 0) sent += wrote;
		else if (wrote < 0 && errno != EINTR && errno != EAGAIN) machine_off();
		else wait_for_port(POLLOUT);
	}
	out_bytes = 0;
}

static void answer_line(const char *text)
{
	if (out_bytes + LINE + 2 > sizeof out) flush_answers();
	out_bytes += snprintf(out + out_bytes, sizeof out - out_bytes, "%.*s\n", LINE, text);
}

/* Of an answer that is longer than a line: they go at once, as the rest may take its time. */
static void say_line(const char *text)
{
	answer_line(text);
	flush_answers();
}

static void say_who_is_done(void)
{
	struct pollfd way = { race_file(), POLLIN, 0 };
	while (poll(&way, 1, 0) > 0) {
		char answer[LINE * 2] = "";
		race_done(answer);
		say_line(answer);
	}
}

static bool is_word(const char *text, size_t length, const char *word)
{
	return strlen(word) == length && !strncmp(text, word, length);
}

/* Is it an operation that a process does by itself, so that several can go to it at once? */
static bool is_plain(const char *operation)
{
	static const char *const others[] = { "fork", "exit", "reclaim", "swapoff", "swapon", "drainslots", "swapmax", "endio", "fail", "clearrefs" };
	size_t length = strcspn(operation, " ");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (is_word(operation, length, others[i])) return false;
	return true;
}

static void do_one(int process, int thread, const char *operation, char *answer)
{
	struct request request = { .thread = thread };
	struct reply reply = { 0 };
	size_t length = strcspn(operation, " ");
	const char *rest = operation + length + (operation[length] == ' ');
	snprintf(request.text, sizeof request.text, "%s", operation);
	if (!process_exists(process)) strcpy(answer, "na");
	else if (is_word(operation, length, "reclaim")) process_evict(process, rest, answer);
	else if (is_word(operation, length, "swapoff")) swap_off_on(atoi(rest), false, answer);
	else if (is_word(operation, length, "swapon")) swap_off_on(atoi(rest), true, answer);
	else if (is_word(operation, length, "drainslots")) swap_drain_slots(answer);
	else if (is_word(operation, length, "endio")) strcpy(answer, "cannot the device ends its writes when it likes");
	else if (is_word(operation, length, "fail")) disk_fail(rest, answer);
	else if (is_word(operation, length, "swapmax")) swap_max(rest, answer);
	else if (is_word(operation, length, "clearrefs")) strcpy(answer, "cannot arm64 has no soft-dirty bit");
	else {
		processes_do(process, &request, &reply, 1);
		memcpy(answer, reply.text, LINE);
	}
	if (strncmp(answer, "cannot", 6)) sprintf(answer + strlen(answer), " u=%lu", slots_used());
}

static void hello(char *answer)
{
	struct utsname name;
	uname(&name);
	snprintf(answer, LINE, "hello %d mte=%d kernel=%s", PROTOCOL, (int)(getauxval(AT_HWCAP2) >> 18 & 1), name.release);
}

/* Commands that are not a process's; false: the host is done. */
static bool command(char *line, char *answer)
{
	size_t length = strcspn(line, " ");
	char *rest = line + length + (line[length] == ' ');
	if (is_word(line, length, "ping")) strcpy(answer, "ok");
	else if (is_word(line, length, "hello")) hello(answer);
	else if (is_word(line, length, "swap")) swap_set(rest, answer);
	else if (is_word(line, length, "reset")) {
		/* Processes first: nothing of theirs has to be read back then. */
		if (!processes_reset()) strcpy(answer, "err reset");
		else if (swap_restore(answer)) snprintf(answer, LINE, "ok %.32s", rest);
	}
	else if (is_word(line, length, "states")) processes_states(answer);
	else if (is_word(line, length, "vmstat")) sprintf(answer, "ok pswpin=%ld pswpout=%ld", vmstat("pswpin"), vmstat("pswpout"));
	else if (is_word(line, length, "selftest")) self_test(answer);
	else if (is_word(line, length, "exec")) program_run(rest, say_line, answer);
	else if (is_word(line, length, "race")) race_command(rest, answer);
	else if (is_word(line, length, "quit")) return false;
	else strcpy(answer, "cannot no such command");
	return true;
}

/* P0 write a 1, P0.1 write a 1: what stands behind the process and its thread, or null. */
static const char *operation_of(const char *line, int *process, int *thread)
{
	*process = line[0] == 'P' ? line[1] - '0' : -1;
	*thread = 0;
	if (*process < 0 || *process >= PROCESSES) return 0;
	if (line[2] == ' ') return line + 3;
	if (line[2] != '.' || line[3] < '0' || line[3] >= '0' + THREADS || line[4] != ' ') return 0;
	*thread = line[3] - '0';
	return line + 5;
}

/* All whole lines that are there. */
static bool work(void)
{
	char *line = in, *end;
	while ((end = memchr(line, '\n', in + in_bytes - line))) {
		char answer[LINE * 2] = "";
		int process, thread;
		*end = 0;
		const char *operation = operation_of(line, &process, &thread);
		if (operation && is_plain(operation)) {
			static struct request requests[BATCH];
			static struct reply replies[BATCH];
			int count = 0, next;
			memset(requests, 0, sizeof requests);
			memset(replies, 0, sizeof replies);
			for (;;) {
				snprintf(requests[count].text, sizeof requests->text, "%s", operation);
				requests[count++].thread = thread;
				line = end + 1;
				if (count == BATCH || !(end = memchr(line, '\n', in + in_bytes - line))) break;
				*end = 0;
				operation = operation_of(line, &next, &thread);
				if (operation && next == process && is_plain(operation)) continue;
				*end = '\n';
				break;
			}
			processes_do(process, requests, replies, count);
			for (int i = 0; i < count; i++) answer_line(replies[i].text);
			continue;
		}
		if (operation) do_one(process, thread, operation, answer);
		else if (!command(line, answer)) return false;
		/* A racer answers when it is done. */
		if (*answer) answer_line(answer);
		line = end + 1;
	}
	in_bytes -= line - in;
	memmove(in, line, in_bytes);
	return true;
}

int main(void)
{
	char greeting[LINE];
	machine_start();
	for (int i = 0; i < PORT_MILLISECONDS && port < 0; i++) {
		port = open(PORT, O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
		if (port < 0) usleep(1000);
	}
	if (port < 0) {
		printf("agent: cannot open %s: %s\n", PORT, strerror(errno));
		machine_off();
	}
	processes_start();
	printf("agent: ready\n");
	hello(greeting);
	answer_line(greeting);
	flush_answers();
	for (;;) {
		wait_for_port(POLLIN);
		say_who_is_done();
		ssize_t got = read(port, in + in_bytes, sizeof in - in_bytes);
		if (got < 0 && errno != EINTR && errno != EAGAIN) break;
		if (got <= 0) continue;
		in_bytes += got;
		if (!work()) break;
		flush_answers();
		if (in_bytes == sizeof in) break; /* a line without end */
	}
	machine_off();
}
