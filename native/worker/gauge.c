/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define NS_PER_US 1000ull
/* Words that the computing goes through: 4 KiB, which any first cache holds. */
#define WORDS 512
#define STEPS 4
/* Between two looks of a busy process whether anybody is there. */
#define BUSY_TURNS 100000

struct sum {
	uint64_t words[WORDS];
	uint64_t state;
	double value;
};

static struct sum sum = { .state = 1, .value = 1.0 };

static void mix(struct sum *to, uint64_t factor, double share)
{
	uint64_t *word = &to->words[to->state >> 55];

	to->state = (to->state ^ *word) * factor + 1442695040888963407ull;
	*word = to->state;
	to->value = to->value * share + 1.0;
}

static void step_a(struct sum *to)
{
	mix(to, 6364136223846793005ull, 0.9);
}

static void step_b(struct sum *to)
{
	mix(to, 2862933555777941757ull, 0.8);
}

static void step_c(struct sum *to)
{
	mix(to, 3202034522624059733ull, 0.7);
}

static void step_d(struct sum *to)
{
	mix(to, 3935559000370003845ull, 0.6);
}

/* Volatile: calls through pointers stay that. */
static void (*const volatile steps[STEPS])(struct sum *) = { step_a, step_b, step_c, step_d };

/*
 * What programs do all the time: integers, memory, floating point, calls through pointers. Each turn waits for the one before, so that
 * neither a second thread of the core nor a wide one makes much of a difference; translated code is slower in all of it.
 */
static uint64_t compute_ns(uint64_t turns)
{
	uint64_t begun = now_ns();

	for (uint64_t turn = 0; turn < turns; turn += 1)
		steps[turn % STEPS](&sum);
	return now_ns() - begun;
}

/* How late a sleep ends. */
static uint64_t late_ns(uint64_t sleep_ns)
{
	uint64_t due = now_ns() + sleep_ns;
	uint64_t now;

	pace_until(due);
	now = now_ns();
	return now < due ? 0 : now - due;
}

/* A process that is made, ends and is waited for; 0: it could not be made. */
static uint64_t process_ns(void)
{
	uint64_t begun = now_ns();
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	if (pid < 0)
		return 0;
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	return now_ns() - begun;
}

static pid_t busy[GAUGE_MOST_BESIDE];

/* Processes that compute meanwhile, so that no CPU is idle. They end with us, however that comes. */
static void keep_busy(uint64_t count)
{
	pid_t us = getpid();

	for (uint64_t at = 0; at < count; at += 1) {
		busy[at] = fork();
		if (busy[at] != 0)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (getppid() == us)
			compute_ns(BUSY_TURNS);
		_exit(0);
	}
}

static void end_busy(uint64_t count)
{
	for (uint64_t at = 0; at < count; at += 1) {
		if (busy[at] <= 0)
			continue;
		kill(busy[at], SIGKILL);
		while (waitpid(busy[at], NULL, 0) < 0 && errno == EINTR)
			;
	}
}

static void tell(uint64_t ns)
{
	report_text(" ");
	report_number(ns);
}

int run_gauge(const struct worker_options *options)
{
	keep_busy(options->beside);
	for (uint64_t round = 0; round < options->rounds && !pace_stopped() && !report_broken(); round += 1) {
		report_text("round");
		tell(compute_ns(options->turns));
		tell(late_ns(options->sleep_us * NS_PER_US));
		/* The child ends without a flush: what is in the buffer is not told twice. */
		tell(process_ns());
		report_text("\n");
		report_flush();
	}
	end_busy(options->beside);
	return 0;
}
