/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corral-worker load: a set of synthetic load processes whose iterations are measured. A leader forks the workers, which
 * wait; whoever started it places them and says go (native/BOUNDARY.md). One file per work type in types/; this is what
 * such a file may use. No policy and no defaults: every number comes from TypeScript already validated.
 */
#ifndef CORRAL_LOAD_H
#define CORRAL_LOAD_H

#include <stdbool.h>

#include "../worker/worker.h"
#include "memory.h"
#include "spin.h"

#define LOAD_PARAMS 8
#define LOAD_TEXTS 64
#define LOAD_PHASES 64
/* Turns of the spin loop in one iteration of the types without a number of their own, which are so many units of work. */
#define LOAD_SPINS 1024
#define LOAD_NS_PER_US 1000ull
#define LOAD_NS_PER_MS 1000000ull
#define LOAD_NS_PER_S 1000000000ull
/* CPU time and run delay are read this often. */
#define LOAD_REFRESH_NS (100 * LOAD_NS_PER_MS)
/* A wait is never longer, so that a stop is seen. */
#define LOAD_WAIT_MS 100

struct load;
struct load_options;

struct load_type {
	const char *name;
	const char *params[LOAD_PARAMS]; /* all must be given */
	bool needs_text; /* one at least must be given */
	bool is_program; /* the texts are a command line that the worker becomes; no `work` then */
	bool needs_phase;
	enum load_latency_kind latency;
	void (*work)(struct load *load);
	/* Workers of a group, which share `shared`; NULL: every worker by itself. */
	uint32_t (*group_size)(const struct load_options *options);
	size_t (*shared_bytes)(const struct load_options *options);
	/* For the leader, once per group, before the workers are made: descriptors that they share. False: errno says why. */
	bool (*prepare)(const struct load_options *options, void *shared);
	/* For a worker, before it waits: what shall not count. False: errno says why, and it ends. */
	bool (*ready)(struct load *load);
};

enum load_phase_kind { PHASE_SPIN, PHASE_SLEEP, PHASE_YIELD, PHASE_IO };

struct load_phase {
	enum load_phase_kind kind;
	uint64_t us;
};

struct load_options {
	const struct load_type *type;
	uint32_t workers;
	uint64_t params[LOAD_PARAMS];
	const char *texts[LOAD_TEXTS]; /* paths or CPU lists, what the work type needs */
	uint32_t text_count;
	struct load_phase phases[LOAD_PHASES];
	uint32_t phase_count;
	int mempolicy; /* MPOL_* with its flags, -1: as inherited */
	uint64_t mempolicy_nodes[LOAD_NODES / 64];
	const char *comm; /* NULL: as it is */
	int64_t uid, gid; /* -1: as they are */
};

/* One worker, in its own process. */
struct load {
	const struct load_options *options;
	struct load_header *header;
	struct load_counters *counters;
	struct load_record *record;
	uint32_t index; /* in the set */
	uint32_t place; /* in the group */
	uint32_t group_size;
	void *shared; /* of the group, zero at first */
	void *own; /* of `ready`, for `work` */
	uint64_t iterations, work_units, begun_ns, looked_ns, refreshed_ns, cpu;
	uint64_t random;
	int schedstat_fd;
};

/* types.c */
const struct load_type *find_load_type(const char *name);
/* One line per type: name, latency, parameters. */
int print_load_types(void);

/* Whether to go on. */
static inline bool load_goes_on(const struct load *load)
{
	return __atomic_load_n(&load->header->state, __ATOMIC_RELAXED) == LOAD_RUNNING;
}

static inline uint64_t load_param(const struct load *load, unsigned at)
{
	return load->options->params[at];
}

/* So many units of work are done. */
static inline void load_units(struct load *load, uint64_t units)
{
	load->work_units += units;
	__atomic_store_n(&load->counters->work_units, load->work_units, __ATOMIC_RELAXED);
}

/* One iteration is done, which was so many units of work. Costs two stores. */
static inline void load_count(struct load *load, uint64_t units)
{
	load->iterations += 1;
	__atomic_store_n(&load->counters->iterations, load->iterations, __ATOMIC_RELAXED);
	load_units(load, units);
}

/* measure.c: looks at clock and CPU, and tells the time. */
uint64_t load_look(struct load *load);
/* The same for a time that was just read. */
void load_look_at(struct load *load, uint64_t now);
void load_latency(struct load *load, uint64_t ns);
/* What the kernel refused; 0 is nothing. */
void load_failed(struct load *load, int error);
void load_begin(struct load *load);
void load_end(struct load *load);
uint64_t load_random(struct load *load);
/* Spins for so long, one iteration per LOAD_SPINS turns when `counted`. */
void load_spin_for(struct load *load, uint64_t ns, bool counted);
/* Sleeps until then, or until told to stop, looking every LOAD_WAIT_MS. False: stopped. */
bool load_sleep_until(struct load *load, uint64_t ns);

/* futex.c, for words that processes share. Returns after a wake, LOAD_WAIT_MS, or when the word has another value. */
void load_wait(uint32_t *word, uint32_t value);
void load_wake(uint32_t *word, uint32_t count);
/* Waits until the word has another value; false: stopped. */
bool load_await_change(struct load *load, uint32_t *word, uint32_t value);
bool load_lock(struct load *load, uint32_t *word);
void load_unlock(uint32_t *word);

/* policy.c: a policy of sched_setscheduler(2) for this worker; a refusal is on record. */
enum load_class { CLASS_NORMAL, CLASS_BATCH, CLASS_IDLE, CLASS_FIFO, CLASS_RR };
void load_set_class(struct load *load, enum load_class class, int priority);

#endif
