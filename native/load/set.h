/* SPDX-License-Identifier: Apache-2.0 */
/* A set of workers: their shared memory, and the two sides that use it, leader and worker. */
#ifndef CORRAL_LOAD_SET_H
#define CORRAL_LOAD_SET_H

#include <sys/types.h>

#include "load.h"

struct load_set {
	const struct load_options *options;
	int memory_fd;
	uint32_t group_size;
	struct load_header *header;
	struct load_counters *counters;
	char *records;
	size_t record_bytes;
	char *groups; /* what the workers of a group share; not in the memfd */
	size_t group_bytes;
	/* Of workers that are programs, which have no futex: a byte from each that waits; its end lets all go. */
	int ready_pipe[2], go_pipe[2];
};

/* What a leader leads: one set of processes, or sets whose workers are threads of one process. */
struct load_crew {
	struct load_set *sets;
	uint32_t count;
	const char *pcomm; /* NULL: every worker is a process */
	pid_t process; /* of the threads */
};

/* Sets that one process has at most. */
#define LOAD_SETS 16
/* Where whoever started us finds the memory of the first set: /proc/PID/fd/3; those of others follow. */
#define LOAD_MEMORY_FD 3
/* What a worker that is a program has beside it. */
#define LOAD_READY_FD 4
#define LOAD_GO_FD 5

static inline struct load_record *set_record(const struct load_set *set, uint32_t index)
{
	return (struct load_record *)(void *)(set->records + index * set->record_bytes);
}

/* set.c: makes the memory, all of it touched: it is charged to the leader's group and not to the workers'. */
bool make_set(const struct load_options *options, int memory_fd, struct load_set *set);
/* layout.c: prints what memory.h says. */
int print_load_layout(void);
/* program.c: the worker becomes its program; the value is the errno of why it did not. */
int become_program(const struct load_set *set, uint32_t index);
/* worker.c: the life of a worker; the value is its exit status. */
int run_worker(const struct load_set *set, uint32_t index, pid_t leader);
/* What holds for a whole process, for one worker or for threads; false: the record says why. */
bool enter_process(const struct load_options *options, struct load_record *record, pid_t leader);
/* The rest, which each thread has for itself; the value is not 0 when it could not begin. */
int run_task(const struct load_set *set, uint32_t index);
/* threads.c: the life of a process whose threads are workers; the value is its exit status. */
int run_threads(const struct load_crew *crew, pid_t leader);
/* leader.c: the value is the exit status of the program. */
int run_leader(const struct load_options *options, uint32_t count, const char *pcomm);

#endif
