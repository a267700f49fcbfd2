/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corral-worker: load that JavaScript cannot make, because Node cannot fork without executing, nor be small.
 *   fork-exit    children that end at once (fork-exit.c)
 *   fork-touch   children that touch memory and end (fork-touch.c)
 *   fork-exec    children that execute a program (fork-exec.c)
 *   trace        memory that grows and shrinks as a trace says (trace.c)
 *   gauge        how fast this machine is (gauge.c)
 *   load         sets of processes whose iterations are measured (../load)
 * Static, single-threaded, no policy and no defaults: every number comes from TypeScript already validated. Options and
 * the lines it prints are specified in native/BOUNDARY.md.
 */
#ifndef CORRAL_WORKER_H
#define CORRAL_WORKER_H

#include <stdbool.h>
#include <stdint.h>

/* Exit status of a worker that was asked for something it cannot do. */
#define EXIT_USAGE 125

/* Most processes that compute beside a gauge. */
#define GAUGE_MOST_BESIDE 1023

struct worker_options {
	uint64_t rate; /* ticks per second */
	uint64_t batch; /* children per tick, one after the other */
	uint64_t duration_ms;
	uint64_t nproc; /* RLIMIT_NPROC, soft and hard */
	uint64_t pages; /* fork-touch: pages of memory that a child touches */
	uint64_t rounds; /* gauge: how often all is measured */
	uint64_t turns; /* gauge: steps of computing in a round */
	uint64_t beside; /* gauge: processes that compute meanwhile */
	uint64_t sleep_us; /* gauge: the sleep whose end is measured */
	const char *exec_path; /* fork-exec: what a child executes */
	const char *steps; /* trace: "WAIT_US:PAGES,…" */
};

/* What a child does; the value is its exit status. */
typedef int (*child_body)(const struct worker_options *options);

/* For a child: why it could not do its work. */
void leave_errno(int error);

int fork_exit_child(const struct worker_options *options);
int fork_touch_child(const struct worker_options *options);
int fork_exec_child(const struct worker_options *options);

/* Runs the loop to its end and tells it; the value is the exit status of the worker. */
int run_forks(const struct worker_options *options, child_body body);

/* Follows a trace of memory; the value is the exit status of the worker. */
int run_trace(const struct worker_options *options);

/* Measures what computing, a sleep and a process cost here, again and again; the value is the exit status of the worker. */
int run_gauge(const struct worker_options *options);

/* Time (pace.c). Signals TERM and INT end the loop between two children. */
uint64_t now_ns(void);
void pace_catch_signals(void);
bool pace_stopped(void);
/* Waits until then, or until stopped. */
void pace_until(uint64_t ns);
/* Keeps USR1 until pace_wait_for_start takes it. */
void pace_hold_signals(void);
/* Waits for USR1, or until stopped. */
void pace_wait_for_start(void);

/* Lines on standard output (report.c). A reader that has gone away ends the loop. */
void report_text(const char *text);
void report_number(uint64_t number);
void report_flush(void);
bool report_broken(void);

#endif
