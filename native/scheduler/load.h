/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CORRAL_SCHEDULER_LOAD_H
#define CORRAL_SCHEDULER_LOAD_H

#include "../bpf/scheduler.h"
#include "kernel-types.h"
#include "object.h"

#define MOST_MAPS 16
#define MOST_PROGRAMS 32

/* What the scheduler is told when it is loaded. */
struct options {
	struct scheduler_settings settings;
	/* Of struct sched_ext_ops. */
	uint64_t flags;
	uint32_t timeout_ms;
};

struct loaded {
	int maps[MOST_MAPS];
	int programs[MOST_PROGRAMS];
	int operations;
	/* Closing it puts the scheduler away. */
	int link;
};

/* Prints a line for each thing that the kernel lacks, and returns how many there are. */
unsigned print_lacks(const struct object *object, const struct kernel_types *types);
/* 0, or -1 after a line that says what failed; descriptors are left to the end of the process. */
int load_scheduler(const struct object *object, const struct kernel_types *types, const struct options *options,
		   struct loaded *loaded);
/* A descriptor; -1: there is none of that name. */
int find_map(const struct object *object, const struct loaded *loaded, const char *name);
int find_program(const struct object *object, const struct loaded *loaded, const char *name);
int bpf(enum bpf_cmd command, union bpf_attr *attributes);

#endif
