/* SPDX-License-Identifier: Apache-2.0 */
/* The table of work types, with the names and parameters of src/scenario/model/work-types in their order. */
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

static const struct load_type load_types[] = {
	TYPE("spin-wait", LOAD_NO_LATENCY, work_spin) },
	TYPE("alu-hot", LOAD_COST, work_alu) },
	TYPE("smt-sibling-spin", LOAD_COST, work_smt_spin), .group_size = pairs },
	TYPE("ipc-variance", LOAD_COST, work_ipc_variance, "hot_iters", "cold_iters", "period_iters") },
	TYPE("yield-heavy", LOAD_NO_LATENCY, work_yield) },
	TYPE("mixed", LOAD_NO_LATENCY, work_mixed) },
	TYPE("bursty", LOAD_WAKE, work_bursty, "burst_us", "sleep_us") },
	TYPE("idle-churn", LOAD_WAKE, work_idle_churn, "burst_us", "sleep_us", "precise_timing") },
	TYPE("timer-latency", LOAD_TIMER, work_timer_latency, "interval_us") },
	TYPE("sequence", LOAD_WAKE, work_sequence), .ready = ready_sequence, .needs_phase = true },
	TYPE("cache-pressure", LOAD_NO_LATENCY, work_cache, "size_kib", "stride"), .ready = ready_cache },
	TYPE("cache-yield", LOAD_WAKE, work_cache_yield, "size_kib", "stride"), .ready = ready_cache },
	TYPE("cache-pipe", LOAD_WAKE, work_cache_pipe, "size_kib", "burst_iters"), .ready = ready_cache_pipe, .group_size = pairs,
	  .shared_bytes = pipes_bytes, .prepare = prepare_pipes },
	TYPE("pipe-io", LOAD_WAKE, work_pipe, "burst_iters"), .group_size = pairs, .shared_bytes = pipes_bytes, .prepare = prepare_pipes },
	TYPE("futex-ping-pong", LOAD_WAKE, work_futex_pair, "spin_iters"), .group_size = pairs, .shared_bytes = pair_bytes },
	TYPE("asymmetric-waker", LOAD_WAKE, work_asymmetric_waker, "waker", "wakee", "burst_iters"),
	  .group_size = pairs, .shared_bytes = pair_bytes },
	TYPE("wake-chain", LOAD_WAKE, work_wake_chain, "depth", "wake", "work_per_hop_us"), .group_size = first,
	  .shared_bytes = chain_bytes, .prepare = prepare_chain },
	TYPE("futex-fan-out", LOAD_WAKE, work_fan_out, "fan_out", "spin_iters"), .group_size = first_and_one, .shared_bytes = fan_bytes },
	TYPE("fan-out-compute", LOAD_WAKE, work_fan_out_compute, "fan_out", "cache_footprint_kib", "operations", "sleep_us"),
	  .group_size = first_and_one, .shared_bytes = fan_bytes, .ready = ready_fan_out_compute },
	TYPE("thundering-herd", LOAD_WAKE, work_thundering_herd, "waiters", "batches", "inter_batch_us"), .group_size = first_and_one,
	  .shared_bytes = fan_bytes },
	TYPE("mutex-contention", LOAD_WAKE, work_mutex, "contenders", "hold_iters", "work_iters"), .group_size = first, .shared_bytes = mutex_bytes },
	TYPE("priority-inversion", LOAD_WAKE, work_inversion, "high", "medium", "low", "hold_iters", "work_iters", "pi_mode"),
	  .group_size = sum_of_three, .shared_bytes = inversion_bytes },
	TYPE("rt-starvation", LOAD_NO_LATENCY, work_rt_starvation, "rt", "cfs", "rt_priority", "burst_iters"), .group_size = sum_of_two },
	TYPE("preempt-storm", LOAD_WAKE, work_preempt_storm, "cfs_workers", "rt_burst_iters", "rt_sleep_us"), .group_size = first_and_one },
	TYPE("producer-consumer-imbalance", LOAD_WAKE, work_queue, "producers", "consumers", "produce_rate_hz", "consume_iters",
	     "queue_depth"),
	  .group_size = sum_of_two, .shared_bytes = queue_bytes },
	TYPE("epoll-storm", LOAD_WAKE, work_epoll, "producers", "consumers", "events_per_burst"), .group_size = sum_of_two,
	  .shared_bytes = epoll_bytes, .prepare = prepare_epoll },
	TYPE("signal-storm", LOAD_NO_LATENCY, work_signals, "signals_per_iter", "work_iters"), .group_size = pairs, .shared_bytes = signals_bytes,
	  .ready = ready_signals },
	TYPE("fork-exit", LOAD_WAKE, work_fork_exit) },
	TYPE("page-fault-churn", LOAD_NO_LATENCY, work_page_faults, "region_kib", "touches_per_cycle", "spin_iters"), .ready = ready_page_faults },
	TYPE("io-sync-write", LOAD_WAKE, work_io_sync_write), .ready = ready_io, .needs_text = true },
	TYPE("io-rand-read", LOAD_WAKE, work_io_random_read), .ready = ready_io, .needs_text = true },
	TYPE("io-convoy", LOAD_WAKE, work_io_convoy), .ready = ready_io, .needs_text = true },
	TYPE("nice-sweep", LOAD_WAKE, work_nice_sweep) },
	TYPE("affinity-churn", LOAD_WAKE, work_affinity_churn, "spin_iters") },
	TYPE("cross-affinity-churn", LOAD_NO_LATENCY, work_cross_affinity_churn, "spin_iters") },
	TYPE("policy-churn", LOAD_WAKE, work_policy_churn, "spin_iters") },
	TYPE("numa-working-set-sweep", LOAD_NO_LATENCY, work_numa_sweep, "region_kib", "sweep_period_us"), .ready = ready_numa_sweep, .needs_text = true },
	TYPE("numa-migration-churn", LOAD_NO_LATENCY, work_numa_migration, "period_us"), .needs_text = true },
	TYPE("cgroup-churn", LOAD_NO_LATENCY, work_cgroup_churn, "groups", "cycle_us"), .needs_text = true },
	{ .name = "custom", .is_program = true, .needs_text = true },
	TYPE("cgroup-attach-storm", LOAD_NO_LATENCY, work_attach_storm, "reap"), .needs_text = true },
};

const struct load_type *find_load_type(const char *name)
{
	for (size_t at = 0; at < sizeof(load_types) / sizeof(load_types[0]); at += 1)
		if (strcmp(load_types[at].name, name) == 0)
			return &load_types[at];
	return NULL;
}

static void tell_type(const struct load_type *type)
{
	static const char *const kinds[] = { "none", "wake", "cost", "timer" };

	report_text(type->name);
	report_text(" ");
	report_text(type->is_program ? "own" : kinds[type->latency]);
	for (unsigned at = 0; at < LOAD_PARAMS && type->params[at] != NULL; at += 1) {
		report_text(" ");
		report_text(type->params[at]);
	}
	report_text("\n");
}

int print_load_types(void)
{
	for (size_t at = 0; at < sizeof(load_types) / sizeof(load_types[0]); at += 1)
		tell_type(&load_types[at]);
	report_flush();
	return 0;
}
