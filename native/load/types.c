/* SPDX-License-Identifier: Apache-2.0 */
/* The table of work types: names and parameters as src/scenario/workers/programs.ts gives them. */
#include "types/types.h"

#include <string.h>

static uint32_t pairs(const struct load_options *options)
{
	(void)options;
	return 2;
}

/* The first parameter is how many are in a group, */
static uint32_t first(const struct load_options *options)
{
	return (uint32_t)options->params[0];
}

/* or how many there are beside the one that wakes them, */
static uint32_t first_and_one(const struct load_options *options)
{
	return (uint32_t)options->params[0] + 1;
}

/* or the first two, or three, are how many there are of each kind. */
static uint32_t sum_of_two(const struct load_options *options)
{
	return (uint32_t)(options->params[0] + options->params[1]);
}

static uint32_t sum_of_three(const struct load_options *options)
{
	return (uint32_t)(options->params[0] + options->params[1] + options->params[2]);
}

#define TYPE(text, kind, loop, ...) { .name = text, .latency = kind, .work = loop, .params = { __VA_ARGS__ }

const struct load_type load_types[] = {
	TYPE("spin-wait", LOAD_NO_LATENCY, work_spin) },
	TYPE("alu-hot", LOAD_COST, work_alu) },
	TYPE("smt-sibling-spin", LOAD_COST, work_smt_spin), .group_size = pairs },
	TYPE("ipc-variance", LOAD_COST, work_ipc_variance, "hot", "cold", "period") },
	TYPE("yield-heavy", LOAD_WAKE, work_yield) },
	TYPE("mixed", LOAD_WAKE, work_mixed) },
	TYPE("bursty", LOAD_WAKE, work_bursty, "burst_us", "sleep_us") },
	TYPE("idle-churn", LOAD_WAKE, work_idle_churn, "burst_us", "sleep_us", "precise") },
	TYPE("timer-latency", LOAD_TIMER, work_timer_latency, "interval_us") },
	TYPE("sequence", LOAD_WAKE, work_sequence), .ready = ready_sequence },
	TYPE("cache-pressure", LOAD_NO_LATENCY, work_cache, "size_kib", "stride"), .ready = ready_cache },
	TYPE("cache-yield", LOAD_WAKE, work_cache_yield, "size_kib", "stride"), .ready = ready_cache },
	TYPE("cache-pipe", LOAD_WAKE, work_cache_pipe, "size_kib", "spins"), .ready = ready_cache_pipe, .group_size = pairs,
	  .shared_bytes = pipes_bytes, .prepare = prepare_pipes },
	TYPE("pipe-io", LOAD_WAKE, work_pipe, "spins"), .group_size = pairs, .shared_bytes = pipes_bytes, .prepare = prepare_pipes },
	TYPE("futex-ping-pong", LOAD_WAKE, work_futex_pair, "spins"), .group_size = pairs, .shared_bytes = pair_bytes },
	TYPE("asymmetric-waker", LOAD_WAKE, work_asymmetric_waker, "waker_class", "wakee_class", "spins", "priority"),
	  .group_size = pairs, .shared_bytes = pair_bytes },
	TYPE("wake-chain", LOAD_WAKE, work_wake_chain, "depth", "futex", "work_us"), .group_size = first,
	  .shared_bytes = chain_bytes, .prepare = prepare_chain },
	TYPE("futex-fan-out", LOAD_WAKE, work_fan_out, "fan_out", "spins"), .group_size = first_and_one, .shared_bytes = fan_bytes },
	TYPE("fan-out-compute", LOAD_WAKE, work_fan_out_compute, "fan_out", "footprint_kib", "operations", "sleep_us"),
	  .group_size = first_and_one, .shared_bytes = fan_bytes, .ready = ready_fan_out_compute },
	TYPE("thundering-herd", LOAD_WAKE, work_thundering_herd, "waiters", "batches", "pause_us"), .group_size = first_and_one,
	  .shared_bytes = fan_bytes },
	TYPE("mutex-contention", LOAD_WAKE, work_mutex, "contenders", "hold", "spins"), .group_size = first, .shared_bytes = mutex_bytes },
	TYPE("priority-inversion", LOAD_WAKE, work_inversion, "high", "medium", "low", "hold", "spins", "inherit"),
	  .group_size = sum_of_three, .shared_bytes = inversion_bytes },
	TYPE("rt-starvation", LOAD_NO_LATENCY, work_rt_starvation, "rt", "cfs", "priority", "spins"), .group_size = sum_of_two },
	TYPE("preempt-storm", LOAD_WAKE, work_preempt_storm, "spinners", "spins", "sleep_us"), .group_size = first_and_one },
	TYPE("producer-consumer", LOAD_WAKE, work_queue, "producers", "consumers", "rate_hz", "spins", "places"),
	  .group_size = sum_of_two, .shared_bytes = queue_bytes },
	TYPE("epoll-storm", LOAD_WAKE, work_epoll, "producers", "consumers", "burst"), .group_size = sum_of_two,
	  .shared_bytes = epoll_bytes, .prepare = prepare_epoll },
	TYPE("signal-storm", LOAD_NO_LATENCY, work_signals, "signals", "spins"), .group_size = pairs, .shared_bytes = signals_bytes,
	  .ready = ready_signals },
	TYPE("fork-exit", LOAD_WAKE, work_fork_exit) },
	TYPE("page-fault-churn", LOAD_NO_LATENCY, work_page_faults, "region_kib", "touches", "spins"), .ready = ready_page_faults },
	TYPE("io-sync-write", LOAD_WAKE, work_io_sync_write), .ready = ready_io },
	TYPE("io-rand-read", LOAD_WAKE, work_io_random_read), .ready = ready_io },
	TYPE("io-convoy", LOAD_WAKE, work_io_convoy), .ready = ready_io },
	TYPE("nice-sweep", LOAD_WAKE, work_nice_sweep) },
	TYPE("affinity-churn", LOAD_WAKE, work_affinity_churn, "spins") },
	TYPE("cross-affinity-churn", LOAD_NO_LATENCY, work_cross_affinity_churn, "spins") },
	TYPE("policy-churn", LOAD_WAKE, work_policy_churn, "spins") },
	TYPE("numa-working-set-sweep", LOAD_NO_LATENCY, work_numa_sweep, "region_kib", "period_us"), .ready = ready_numa_sweep },
	TYPE("numa-migration-churn", LOAD_NO_LATENCY, work_numa_migration, "period_us") },
	TYPE("cgroup-churn", LOAD_COST, work_cgroup_churn, "cycle_us") },
	TYPE("cgroup-attach-storm", LOAD_COST, work_attach_storm, "ignore") },
};

const struct load_type *find_load_type(const char *name)
{
	for (size_t at = 0; at < sizeof(load_types) / sizeof(load_types[0]); at += 1)
		if (strcmp(load_types[at].name, name) == 0)
			return &load_types[at];
	return NULL;
}
