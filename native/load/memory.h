/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory that the workers of a set share with whoever started them: a memfd of one header, one line of counters per
 * worker, and one record per worker. src/scenario/workers/layout.ts reads it; `corral-worker load-layout` prints it, and a
 * test compares the two. All numbers are little-endian, times are CLOCK_MONOTONIC in nanoseconds.
 */
#ifndef CORRAL_LOAD_MEMORY_H
#define CORRAL_LOAD_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#define LOAD_VERSION 2u
#define LOAD_CPUS 1024
#define LOAD_NODES 64
/* Sets of CPUs that are kept apart: one per cpuset that was in force. */
#define LOAD_EPOCHS 8
/* What a worker can say of why it failed, with the NUL at its end. */
#define LOAD_FAILURE_BYTES 256
/* Buckets of HdrHistogram from 1 to 2^40-1 with two significant digits. */
#define LOAD_SUB_BUCKETS 256
#define LOAD_BUCKETS (34 * LOAD_SUB_BUCKETS / 2)

enum load_state { LOAD_WAITING, LOAD_RUNNING, LOAD_STOPPING };
enum load_stage { LOAD_STARTING, LOAD_READY, LOAD_WORKING, LOAD_REPORTED };
/* What the latencies of a work type are: none, from a wake to running, of an iteration, from a due time to running. */
enum load_latency_kind { LOAD_NO_LATENCY, LOAD_WAKE, LOAD_COST, LOAD_TIMER };

struct load_header {
	uint32_t version;
	uint32_t workers;
	uint32_t state; /* enum load_state; a futex */
	uint32_t epoch; /* even: CPUs go to set epoch / 2 % LOAD_EPOCHS; odd: they are not recorded */
	uint32_t counters_offset;
	uint32_t counters_bytes;
	uint32_t records_offset;
	uint32_t record_bytes;
	uint32_t ready; /* workers that wait; a futex */
	uint32_t unused;
	uint64_t released_ns;
	uint64_t stopped_ns;
};

/* Written by one worker while it works; two cache lines, so that neighbours do not disturb each other. */
struct load_counters {
	uint64_t iterations;
	uint64_t work_units;
	uint64_t samples; /* latencies in the histogram */
	uint64_t looked_ns; /* the last look at clock and CPU */
	uint64_t max_gap_ns; /* longest time between two looks */
	uint64_t max_gap_at_ns; /* its end, from the release on */
	uint64_t migrations;
	uint64_t cpu_ns; /* CPU time, at most LOAD_REFRESH_NS old while it runs */
	uint64_t run_delay_ns; /* runnable and not running, as old */
	uint32_t max_gap_cpu;
	uint32_t cpu;
	uint32_t stage; /* enum load_stage */
	int32_t pid; /* of its process, or of its thread where workers are threads */
	uint32_t ended; /* 1 once the process has ended; of the leader, as are the next two */
	int32_t wait_status; /* as wait(2) */
	uint64_t ended_ns; /* when the leader was told of its end; 0: not yet */
	uint64_t unused[3];
};

struct load_record {
	uint64_t begun_ns;
	uint64_t done_ns; /* 0: the worker did not come to its end */
	uint64_t run_ns; /* of /proc/thread-self/schedstat, as are the next two */
	uint64_t run_delay_ns;
	uint64_t slices;
	uint64_t voluntary_switches;
	uint64_t involuntary_switches;
	uint64_t minor_faults;
	uint64_t major_faults;
	uint64_t numa_pages_migrated; /* of the whole system, /proc/vmstat */
	uint64_t latency_min_ns;
	uint64_t latency_max_ns;
	double latency_sum_ns;
	double latency_squares;
	uint32_t latency_kind;
	uint32_t role; /* place within the group: what it does there is the work type's business */
	uint32_t group;
	uint32_t failures; /* operations that the kernel refused */
	int32_t failure_errno; /* of the last one */
	int32_t mempolicy_errno;
	int32_t identity_errno;
	int32_t policy_errno; /* of a scheduling policy that the work type asks for */
	uint64_t numa_pages[LOAD_NODES]; /* pages per node at the end, /proc/self/numa_maps */
	uint64_t cpus[LOAD_EPOCHS][LOAD_CPUS / 64];
	uint64_t histogram[LOAD_BUCKETS];
	char failure_text[LOAD_FAILURE_BYTES]; /* of a worker that is another program; empty: none */
};

_Static_assert(sizeof(struct load_header) <= 128, "the header has its own lines");
_Static_assert(sizeof(struct load_counters) == 128, "two cache lines");

#endif
