/*
 * agent.h: the guest agent of Hooks' lab. Runs as /init of a small arm64 system with MTE and does to real pages what the
 * operations of a case say. The protocol is in lab/PROTOCOL.md.
 *
 *   agent.c     the port, and the commands that are not for one process
 *   process.c   the processes P0 to P3 and the pipes to them
 *   pages.c     the operations on a process's pages
 *   pin.c       references that outlast the call: io_uring's registered buffers, vmsplice()
 *   machine.c   mounts, modules, swap areas, the self-test
 *   program.c   another program, run here
 *   race.c      tasks that work at the same time
 */
#ifndef AGENT_H
#define AGENT_H

/* First of all headers: it decides what the others declare. */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

/* What an older C library does not know. */
#ifndef PROT_MTE
#define PROT_MTE 0x20
#endif
#ifndef MADV_COLD
#define MADV_COLD 20
#endif
#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif
#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

#define PROTOCOL 6
#define PROCESSES 4
/* Of a process; the first is the one that it begins with. */
#define THREADS 3
#define PAGES 4
#define AREAS 2
/* As many reads from now on can be told apart: states of QEMU's blkdebug, which the host sets up. */
#define READS 8
#define PAGE_BYTES 4096
#define GRANULE_BYTES 16
#define GRANULES (PAGE_BYTES / GRANULE_BYTES)
/* The model's four granules of a page are 64 granules of the hardware each. */
#define GROUPS 4
#define GROUP_BYTES (PAGE_BYTES / GROUPS)

#define LINE 160

/* As many requests as a pipe takes at once without splitting them (PIPE_BUF). */
#define BATCH (PAGE_BYTES / LINE)

/* One operation, as it goes through the pipe to a process, and which of its threads shall do it. */
struct request {
	char text[LINE - 1];
	char thread;
};

/* Its answer. */
struct reply {
	char text[LINE];
};

/* pages.c */
/* Maps what all processes have of pages.c. */
void pages_start(void);
void page_operation(const char *text, char *answer);
/* In a process's own states: the zero page, which reclaim can do nothing about. The host is told 'P'. */
#define ZERO_PAGE 'z'
void page_states(char *states);
/* What a child does not inherit of its parent's pages. */
void pages_forked(void);
/* The next access is preceded by one that brings in whatever it needs of the agent's own: after a fork nothing of it is there. */
void pages_cold(void);
/* Gives all pages and pins back, for the next case. */
void pages_clear(void);
char page_state(const char *address);
void tags_on(int stack);
unsigned load_tag(const char *address);
void store_tag(char *address, unsigned tag);
/* Whether this thread's operations are not followed by a look at the page: somebody may stand where looking would wait for him. */
void pages_race(bool on);
/* Brings in what an access needs of the agent's own now. */
void pages_warm(void);
/* The instructions that make an operation's first access. */
extern const char first_load[], first_store[], first_load_tag[], first_store_tag[];

/* pin.c */
bool pin_write(int page, char *address);
bool pin_get(int page, char *address);
bool is_pinned(int page);
bool unpin(int page);
/* A pin is known by where its page is. */
void move_pin(int page, int to);
/* A store of PAGE_BYTES from `from` through the pin; false: the page is not pinned for that. */
bool pin_store(int page, const char *from);
/* A child has its own descriptors of its parent's pins: gives them back. */
void forget_pins(void);

/* process.c */
void processes_start(void);
bool processes_reset(void);
bool process_exists(int process);
/* Answers `count` operations of one process. */
void processes_do(int process, struct request *requests, struct reply *replies, int count);
void processes_states(char *answer);
void process_evict(int process, const char *page, char *answer);
/* Empties this CPU's batches of pages. */
void drain_lru_batch(void);
/* Does a request, in a process. */
void serve_request(const struct request *request, struct reply *reply);
/* Something that a process's first thread does; false: it is gone. */
bool process_ask(int process, const char *text, struct reply *reply);
/* A child that a racer has forked. */
bool process_born(int process, int pid);

/* machine.c */
void machine_start(void);
/* The cgroup that all processes are in. */
#define CGROUP "/sys/fs/cgroup/case"
void machine_cgroup(void);
void machine_off(void) __attribute__((noreturn));
void swap_set(const char *text, char *answer);
bool swap_restore(char *answer);
void swap_off_on(int area, bool on, char *answer);
/* What a racer is told that shall do it: the area is the agent's to know. */
void swap_request(int area, bool on, char *text);
/* In a racer. */
void swap_serve(const char *text, char *answer);
/* In the agent, which hears of it. */
void swap_served(const char *text, const char *answer);
void swap_drain_slots(char *answer);
/* The n-th next read from the disk fails. */
void disk_fail(const char *text, char *answer);
/* Mappings that ask for it get folios of four pages; false: this kernel has none. Off when a kernel starts. */
bool large_folios(bool on);
/* memory.swap.max of the processes. */
void swap_max(const char *text, char *answer);
/* Slots in use in all areas. */
unsigned long slots_used(void);
/* The flags of a page frame (/proc/kpageflags). */
uint64_t frame_flags(uint64_t frame);
void self_test(char *answer);
long vmstat(const char *key);
int write_text(const char *path, const char *text);
const char *errno_name(int error);

/* race.c */
#define RACER_STACKS (THREADS + 1)
/* Maps what all processes have of race.c. */
void race_map(void);
/* Readable when a task is done. */
int race_file(void);
void race_done(char *answer);
bool race_command(const char *rest, char *answer);
/* In a process: makes its racers; in a child that a racer has forked. */
void race_start(int process, char *answer);
void race_forked(void);

/* program.c */
/* Runs a program; `say` gets what it prints, a line at a time. */
void program_run(char *text, void (*say)(const char *line), char *answer);

#endif
