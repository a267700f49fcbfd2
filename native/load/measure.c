/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"
#include "proc.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>
#include <time.h>

#if __has_include(<sys/rseq.h>)
#include <sys/rseq.h>
#else
#define NO_RSEQ
#endif

/* Where the kernel leaves the number of the CPU, which is a load; else the vDSO's getcpu(2). */
static uint32_t own_cpu(void)
{
#ifndef NO_RSEQ
	if (__rseq_size > 0) {
		const struct rseq *area = (const void *)((const char *)__builtin_thread_pointer() + __rseq_offset);
		uint32_t cpu = __atomic_load_n(&area->cpu_id, __ATOMIC_RELAXED);

		if (cpu < LOAD_CPUS)
			return cpu;
	}
#endif
	int cpu = sched_getcpu();

	return cpu < 0 ? 0 : (uint32_t)cpu % LOAD_CPUS;
}

/* The CPU counts for a set only when no other cpuset came between; odd epochs are such a change. */
static uint32_t record_cpu(struct load *load)
{
	uint32_t epoch = __atomic_load_n(&load->header->epoch, __ATOMIC_ACQUIRE);
	uint32_t cpu = own_cpu();
	uint64_t *word = &load->record->cpus[epoch / 2 % LOAD_EPOCHS][cpu / 64];
	uint64_t bit = 1ull << (cpu % 64);

	if ((epoch & 1) == 0 && (__atomic_load_n(word, __ATOMIC_RELAXED) & bit) == 0 &&
	    __atomic_load_n(&load->header->epoch, __ATOMIC_ACQUIRE) == epoch)
		__atomic_fetch_or(word, bit, __ATOMIC_RELAXED);
	return cpu;
}

/* What costs system calls, now and then. */
static void refresh(struct load *load, uint64_t now)
{
	struct timespec used;
	struct schedstat stat;

	load->refreshed_ns = now;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	__atomic_store_n(&load->counters->cpu_ns, (uint64_t)used.tv_sec * LOAD_NS_PER_S + (uint64_t)used.tv_nsec - load->record->run_ns,
	                 __ATOMIC_RELAXED);
	if (read_schedstat(load->schedstat_fd, &stat))
		__atomic_store_n(&load->counters->run_delay_ns, stat.delay_ns - load->record->run_delay_ns, __ATOMIC_RELAXED);
}

void load_look_at(struct load *load, uint64_t now)
{
	struct load_counters *counters = load->counters;
	uint64_t gap = now - load->looked_ns;
	uint32_t cpu = record_cpu(load);

	if (gap > counters->max_gap_ns) {
		counters->max_gap_cpu = cpu;
		counters->max_gap_at_ns = now - load->begun_ns;
		__atomic_store_n(&counters->max_gap_ns, gap, __ATOMIC_RELEASE);
	}
	if (cpu != load->cpu) {
		load->cpu = cpu;
		counters->cpu = cpu;
		__atomic_store_n(&counters->migrations, counters->migrations + 1, __ATOMIC_RELAXED);
	}
	load->looked_ns = now;
	__atomic_store_n(&counters->looked_ns, now, __ATOMIC_RELAXED);
	if (now - load->refreshed_ns >= LOAD_REFRESH_NS)
		refresh(load, now);
}

uint64_t load_look(struct load *load)
{
	uint64_t now = now_ns();

	load_look_at(load, now);
	return now;
}

/* The bucket of HdrHistogram: 256 of width 1, then 128 of twice the width of those before, and so on. */
static unsigned bucket_of(uint64_t ns)
{
	unsigned shift;

	if (ns >= 1ull << 40)
		ns = (1ull << 40) - 1;
	shift = 63u - (unsigned)__builtin_clzll(ns | (LOAD_SUB_BUCKETS - 1)) - 7u;
	return shift * (LOAD_SUB_BUCKETS / 2) + (unsigned)(ns >> shift);
}

void load_latency(struct load *load, uint64_t ns)
{
	struct load_record *record = load->record;
	uint64_t *bucket = &record->histogram[bucket_of(ns)];

	__atomic_store_n(bucket, *bucket + 1, __ATOMIC_RELAXED);
	if (ns < record->latency_min_ns || load->counters->samples == 0)
		record->latency_min_ns = ns;
	if (ns > record->latency_max_ns)
		record->latency_max_ns = ns;
	record->latency_sum_ns += (double)ns;
	record->latency_squares += (double)ns * (double)ns;
	__atomic_store_n(&load->counters->samples, load->counters->samples + 1, __ATOMIC_RELAXED);
}

void load_failed(struct load *load, int error)
{
	if (error == 0 || error == EINTR)
		return;
	load->record->failures += 1;
	load->record->failure_errno = error;
}

/* The record holds what was before the begin until load_end takes it from what is then. */
static void take_usage(struct load *load, struct load_record *into)
{
	struct rusage usage;
	struct schedstat stat = { 0, 0, 0 };

	getrusage(RUSAGE_THREAD, &usage);
	read_schedstat(load->schedstat_fd, &stat);
	into->run_ns = stat.run_ns;
	into->run_delay_ns = stat.delay_ns;
	into->slices = stat.slices;
	into->voluntary_switches = (uint64_t)usage.ru_nvcsw;
	into->involuntary_switches = (uint64_t)usage.ru_nivcsw;
	into->minor_faults = (uint64_t)usage.ru_minflt;
	into->major_faults = (uint64_t)usage.ru_majflt;
	into->numa_pages_migrated = read_pages_migrated();
}

void load_begin(struct load *load)
{
	struct timespec used;

	take_usage(load, load->record);
	/* First and last the clock, between them the CPU time, which is then never more; schedstat's own is behind. */
	load->begun_ns = now_ns();
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	load->record->run_ns = (uint64_t)used.tv_sec * LOAD_NS_PER_S + (uint64_t)used.tv_nsec;
	load->record->begun_ns = load->begun_ns;
	load->looked_ns = load->refreshed_ns = load->begun_ns;
	load->cpu = record_cpu(load);
	load->counters->cpu = (uint32_t)load->cpu;
	load->random = (load->begun_ns ^ (uint64_t)load->counters->pid << 32) | 1;
	__atomic_store_n(&load->counters->stage, LOAD_WORKING, __ATOMIC_RELEASE);
}

void load_end(struct load *load)
{
	struct load_record end, *record = load->record;

	refresh(load, now_ns());
	take_usage(load, &end);
	record->run_ns = load->counters->cpu_ns;
	record->run_delay_ns = load->counters->run_delay_ns;
	record->slices = end.slices - record->slices;
	record->voluntary_switches = end.voluntary_switches - record->voluntary_switches;
	record->involuntary_switches = end.involuntary_switches - record->involuntary_switches;
	record->minor_faults = end.minor_faults - record->minor_faults;
	record->major_faults = end.major_faults - record->major_faults;
	record->numa_pages_migrated = end.numa_pages_migrated - record->numa_pages_migrated;
	record->done_ns = load_look(load);
	read_numa_pages(record->numa_pages);
	__atomic_store_n(&load->counters->stage, LOAD_REPORTED, __ATOMIC_RELEASE);
}

/* xorshift64. */
uint64_t load_random(struct load *load)
{
	uint64_t next = load->random;

	next ^= next << 13;
	next ^= next >> 7;
	next ^= next << 17;
	load->random = next;
	return next;
}

void load_spin_for(struct load *load, uint64_t ns, bool counted)
{
	uint64_t until = now_ns() + ns;

	do {
		load_spin(LOAD_SPINS);
		if (counted)
			load_count(load, LOAD_SPINS);
	} while (load_look(load) < until && load_goes_on(load));
}

bool load_sleep_until(struct load *load, uint64_t ns)
{
	uint64_t now = now_ns();

	while (now < ns && load_goes_on(load)) {
		uint64_t next = ns - now > LOAD_WAIT_MS * LOAD_NS_PER_MS ? now + LOAD_WAIT_MS * LOAD_NS_PER_MS : ns;
		struct timespec until = { .tv_sec = (time_t)(next / LOAD_NS_PER_S), .tv_nsec = (long)(next % LOAD_NS_PER_S) };

		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
		now = load_look(load);
	}
	return load_goes_on(load);
}
