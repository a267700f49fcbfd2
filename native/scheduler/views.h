/* SPDX-License-Identifier: Apache-2.0 */
/* What the loader sees of the scheduler at work, and what it prints of it. */
#ifndef CORRAL_SCHEDULER_VIEWS_H
#define CORRAL_SCHEDULER_VIEWS_H

#include "load.h"

struct views {
	const struct scheduler_node *nodes;
	const struct scheduler_state *state;
	int counters;
	int places;
	int boosts;
	/* A ring that is only to wake, by its position of the reader and of the writer. */
	int wakes;
	uint64_t *read;
	const uint64_t *written;
	int tick;
	int cpus;
	/* What each place had used when it was printed last. */
	uint64_t printed[MOST_NODES];
};

/* 0, or -1 after a line that says what failed. */
int open_views(const struct object *object, const struct loaded *loaded, struct views *views);
/* Waits until the kernel has taken the scheduler; -1: it has put it away again. */
int await_enabled(const struct views *views);
/* Takes note of a wake. */
void clear_wake(const struct views *views);
/* Wakes idle CPUs for groups that have quota again. */
void run_tick(const struct views *views);
void print_sample(struct views *views);
void print_exit(const struct views *views);
/* Sets what a group may run ahead of its turn; 0 or an errno. */
int set_boost(const struct views *views, const struct scheduler_boost *boost);

#endif
