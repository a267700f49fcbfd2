/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include <errno.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define NS_PER_US 1000ull
/* Words that the computing goes through: 4 KiB, which any first cache holds. */
#define WORDS 512

static uint64_t words[WORDS];

/* Each turn waits for the one before, so that neither a second thread of the core nor a wide one makes a difference. */
static uint64_t compute_ns(uint64_t turns)
{
	uint64_t begun = now_ns();
	uint64_t state = 1;

	for (uint64_t turn = 0; turn < turns; turn += 1) {
		uint64_t *word = &words[state >> 55];

		state = (state ^ *word) * 6364136223846793005ull + 1442695040888963407ull;
		*word = state;
	}
	/* What nobody reads would not be computed. */
	__asm__ volatile("" : : "r"(state), "m"(words));
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

static void tell(uint64_t ns)
{
	report_text(" ");
	report_number(ns);
}

int run_gauge(const struct worker_options *options)
{
	for (uint64_t round = 0; round < options->rounds && !pace_stopped() && !report_broken(); round += 1) {
		report_text("round");
		tell(compute_ns(options->turns));
		tell(late_ns(options->sleep_us * NS_PER_US));
		/* The child ends without a flush: what is in the buffer is not told twice. */
		tell(process_ns());
		report_text("\n");
		report_flush();
	}
	return 0;
}
