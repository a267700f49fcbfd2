/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define NS_PER_S 1000000000ull
#define NS_PER_MS 1000000ull

/* What came of the loop so far. */
struct counts {
	uint64_t forks; /* children that were made */
	uint64_t failed; /* children that could not be made, or did not end with 0 */
	int last_errno; /* of a fork or exec that failed, 0 when none did */
	uint64_t ticks;
};

/* Where a child leaves why it failed; NULL where there is no memory for it. */
static int *shared_errno;

void leave_errno(int error)
{
	if (shared_errno != NULL)
		*shared_errno = error;
}

static int take_errno(void)
{
	int error = shared_errno == NULL ? 0 : *shared_errno;

	leave_errno(0);
	return error;
}

static void tell(const char *name, uint64_t number)
{
	report_text(name);
	report_number(number);
}

/* Makes one child and waits for its end. */
static void fork_one(const struct worker_options *options, child_body body, struct counts *counts)
{
	int status = 0, error;
	pid_t pid = fork();

	if (pid == 0)
		_exit(body(options));
	if (pid < 0) {
		counts->failed += 1;
		counts->last_errno = errno;
		return;
	}
	counts->forks += 1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	counts->failed += 1;
	error = take_errno();
	if (error != 0)
		counts->last_errno = error;
}

/* One line per tick: how long after the tick was due each child had ended, in nanoseconds. */
static void run_tick(const struct worker_options *options, child_body body, uint64_t due, struct counts *counts)
{
	report_text("op");
	for (uint64_t index = 0; index < options->batch && !pace_stopped(); index += 1) {
		fork_one(options, body, counts);
		tell(" ", now_ns() - due);
	}
	report_text("\n");
	/* Not into the buffer of a child. */
	report_flush();
	counts->ticks += 1;
}

int run_forks(const struct worker_options *options, child_body body)
{
	struct counts counts = { 0, 0, 0, 0 };
	uint64_t total = options->rate * options->duration_ms / 1000;
	uint64_t start = now_ns();
	uint64_t end = start + options->duration_ms * NS_PER_MS;
	void *page = mmap(NULL, sizeof(*shared_errno), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	shared_errno = page == MAP_FAILED ? NULL : page;
	for (uint64_t tick = 0; tick < total && !report_broken(); tick += 1) {
		uint64_t due = start + tick * NS_PER_S / options->rate;

		pace_until(due);
		if (pace_stopped() || now_ns() >= end)
			break;
		run_tick(options, body, due, &counts);
	}
	if (counts.ticks == total)
		pace_until(end);
	tell("end ", counts.forks);
	tell(" ", counts.failed);
	tell(" ", (uint64_t)counts.last_errno);
	tell(" ", counts.ticks);
	tell(" ", now_ns() - start);
	report_text("\n");
	report_flush();
	return 0;
}
