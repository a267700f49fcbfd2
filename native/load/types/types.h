/* SPDX-License-Identifier: Apache-2.0 */
/* The loops of the work types; ../types.c says what each takes. What is shared by several is said here. */
#ifndef CORRAL_LOAD_TYPES_H
#define CORRAL_LOAD_TYPES_H

#include "../load.h"

/* cpu.c */
void work_spin(struct load *load);
void work_alu(struct load *load);
void work_smt_spin(struct load *load);
void work_ipc_variance(struct load *load);
/* yield.c */
void work_yield(struct load *load);
void work_mixed(struct load *load);
/* rest.c */
void work_bursty(struct load *load);
void work_idle_churn(struct load *load);
void work_timer_latency(struct load *load);
/* sequence.c */
void work_sequence(struct load *load);
bool ready_sequence(struct load *load);
/* cache.c */
struct cache;
struct cache *make_cache(uint64_t kib, uint64_t stride);
void touch_cache(struct cache *cache);
void work_cache(struct load *load);
void work_cache_yield(struct load *load);
bool ready_cache(struct load *load);
/* io.c */
void work_io_sync_write(struct load *load);
void work_io_random_read(struct load *load);
void work_io_convoy(struct load *load);
bool ready_io(struct load *load);
/* Writes 64 KiB. */
void write_stripe(struct load *load);
/* fork.c */
void work_fork_exit(struct load *load);
/* memory.c */
void work_page_faults(struct load *load);
bool ready_page_faults(struct load *load);
/* pipe.c */
bool prepare_pipes(const struct load_options *options, void *shared);
size_t pipes_bytes(const struct load_options *options);
void work_pipe(struct load *load);
void work_cache_pipe(struct load *load);
bool ready_cache_pipe(struct load *load);
/* futex-pair.c */
size_t pair_bytes(const struct load_options *options);
void work_futex_pair(struct load *load);
void work_asymmetric_waker(struct load *load);
/* wake-chain.c */
size_t chain_bytes(const struct load_options *options);
bool prepare_chain(const struct load_options *options, void *shared);
void work_wake_chain(struct load *load);
/* fan-out.c */
size_t fan_bytes(const struct load_options *options);
void work_fan_out(struct load *load);
void work_fan_out_compute(struct load *load);
bool ready_fan_out_compute(struct load *load);
void work_thundering_herd(struct load *load);
/* mutex.c */
size_t mutex_bytes(const struct load_options *options);
void work_mutex(struct load *load);
/* inversion.c */
size_t inversion_bytes(const struct load_options *options);
void work_inversion(struct load *load);
/* realtime.c */
void work_rt_starvation(struct load *load);
void work_preempt_storm(struct load *load);
/* queue.c */
size_t queue_bytes(const struct load_options *options);
void work_queue(struct load *load);
/* epoll.c */
size_t epoll_bytes(const struct load_options *options);
bool prepare_epoll(const struct load_options *options, void *shared);
void work_epoll(struct load *load);
/* signals.c */
size_t signals_bytes(const struct load_options *options);
bool ready_signals(struct load *load);
void work_signals(struct load *load);
/* churn.c */
void work_affinity_churn(struct load *load);
void work_cross_affinity_churn(struct load *load);
void work_policy_churn(struct load *load);
void work_nice_sweep(struct load *load);
/* numa.c */
void work_numa_sweep(struct load *load);
bool ready_numa_sweep(struct load *load);
void work_numa_migration(struct load *load);
/* groups.c */
void work_cgroup_churn(struct load *load);
void work_attach_storm(struct load *load);

#endif
