/* SPDX-License-Identifier: Apache-2.0 */
/*
 * corral-scheduler: loads the sched_ext scheduler and holds it until standard input ends. The kernel puts it away when this
 * process ends, however that comes. native/BOUNDARY.md has the options and the lines.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "../bpf/generated/scheduler.h"
#include "views.h"

#define BAD_OPTIONS 125
#define REFUSED 1
#define OPERATIONS_LAST 2
#define OPERATIONS_PARTIAL 8
/* How long the kernel may take to put the scheduler away. */
#define END_MS 5000
/* How often it is looked for groups that have quota again; a tick of a kernel with 250 Hz. */
#define TICK_MS 4

static int read_number(const char *text, uint64_t *number)
{
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return errno == 0 && *text >= '0' && *text <= '9' && *end == '\0' ? 0 : -1;
}

/* All options are given, in any order. */
static int read_options(char **words, struct options *options, uint64_t *interval_ms)
{
	uint64_t slice_us, fifo, full, stall, nodes, timeout_ms;
	const struct {
		const char *name;
		uint64_t *to;
		uint64_t most;
	} known[] = {
		{ "--slice-us", &slice_us, 1000000 },	{ "--fifo", &fifo, 1 },
		{ "--full", &full, 1 },			{ "--stall", &stall, 1 },
		{ "--nodes", &nodes, MOST_NODES },	{ "--timeout-ms", &timeout_ms, 30000 },
		{ "--interval-ms", interval_ms, 1u << 30 },
	};
	const unsigned all = (1u << (sizeof(known) / sizeof(known[0]))) - 1;
	unsigned seen = 0;

	for (; words[0] != NULL && words[1] != NULL; words += 2)
		for (unsigned i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			if (strcmp(words[0], known[i].name) == 0 && read_number(words[1], known[i].to) == 0 &&
			    *known[i].to <= known[i].most)
				seen |= 1u << i;
	if (words[0] != NULL || seen != all)
		return -1;
	options->settings = (struct scheduler_settings){ .slice_ns = slice_us * 1000,
							 .nodes = (uint32_t)nodes,
							 .fifo = (uint32_t)fifo,
							 .stall = (uint32_t)stall };
	options->flags = OPERATIONS_LAST | (full ? 0 : OPERATIONS_PARTIAL);
	options->timeout_ms = (uint32_t)timeout_ms;
	return 0;
}

/* "boost GROUP BUDGET_NS PERIOD_NS" */
static void obey(const struct views *views, const char *line)
{
	unsigned long long group, budget, period;

	if (sscanf(line, "boost %llu %llu %llu", &group, &budget, &period) == 3) {
		const struct scheduler_boost boost = { .group = group, .budget_ns = budget, .period_ns = period };

		printf("boost %llu %d\n", group, set_boost(views, &boost));
	} else if (strcmp(line, "sample") != 0) {
		printf("unknown\n");
	}
	fflush(stdout);
}

/* Takes the lines that have come; -1 at the end of input. */
static int read_commands(struct views *views)
{
	static char text[4096];
	static size_t held;
	ssize_t got = read(0, text + held, sizeof(text) - 1 - held);
	char *line = text, *end;

	if (got <= 0)
		return got < 0 && (errno == EINTR || errno == EAGAIN) ? 0 : -1;
	held += (size_t)got;
	text[held] = '\0';
	while ((end = strchr(line, '\n')) != NULL) {
		*end = '\0';
		obey(views, line);
		if (strcmp(line, "sample") == 0)
			print_sample(views);
		line = end + 1;
	}
	held -= (size_t)(line - text);
	memmove(text, line, held);
	return held < sizeof(text) - 1 ? 0 : -1;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* Until the input ends or the kernel has put the scheduler away. */
static void serve(struct views *views, uint64_t interval_ms)
{
	struct pollfd polled[] = { { .fd = 0, .events = POLLIN }, { .fd = views->wakes, .events = POLLIN } };
	uint64_t next = now_ms() + interval_ms;

	while (views->state->exited == 0 && !ferror(stdout)) {
		uint64_t now = now_ms();
		int wait_ms = interval_ms == 0 ? -1 : next > now ? (int)(next - now) : 0;

		if (views->state->limited > 0) {
			run_tick(views);
			wait_ms = wait_ms < 0 || wait_ms > TICK_MS ? TICK_MS : wait_ms;
		}
		polled[0].revents = polled[1].revents = 0;
		poll(polled, 2, wait_ms);
		if (polled[1].revents != 0)
			clear_wake(views);
		if (polled[0].revents != 0 && read_commands(views) != 0)
			return;
		if (interval_ms != 0 && now_ms() >= next) {
			print_sample(views);
			next += interval_ms;
		}
	}
}

static int run(const struct options *options, uint64_t interval_ms)
{
	static struct views views;
	static struct loaded loaded;
	struct kernel_types *types = read_kernel_types();
	struct pollfd ending = { .events = POLLIN };

	if (types == NULL) {
		printf("lack types %d\n", errno);
		return REFUSED;
	}
	if (print_lacks(&scheduler_object, types) > 0)
		return REFUSED;
	if (options == NULL)
		return 0;
	if (load_scheduler(&scheduler_object, types, options, &loaded) != 0 ||
	    open_views(&scheduler_object, &loaded, &views) != 0)
		return REFUSED;
	/* Under a scheduler of ours that stalls, a page fault could wait for it. */
	mlockall(MCL_CURRENT | MCL_FUTURE);
	if (await_enabled(&views) != 0) {
		print_exit(&views);
		return REFUSED;
	}
	printf("ready\n");
	fflush(stdout);
	serve(&views, interval_ms);
	print_sample(&views);
	ending.fd = views.wakes;
	clear_wake(&views);
	if (views.state->exited == 0) {
		close(loaded.link);
		poll(&ending, 1, END_MS);
	}
	print_exit(&views);
	return 0;
}

int main(int argc, char **argv)
{
	static const int ignored[] = { SIGINT, SIGHUP, SIGTERM, SIGQUIT, SIGPIPE, SIGTSTP, SIGTTIN, SIGTTOU };
	struct options options;
	uint64_t interval_ms;

	if (argc == 2 && strcmp(argv[1], "probe") == 0)
		return run(NULL, 0);
	if (argc < 2 || strcmp(argv[1], "run") != 0 || read_options(argv + 2, &options, &interval_ms) != 0)
		return BAD_OPTIONS;
	/* Stopped, it would not see the end of its input, and the scheduler would outlive who wanted it. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (size_t i = 0; i < sizeof(ignored) / sizeof(ignored[0]); i++)
		signal(ignored[i], SIG_IGN);
	return run(&options, interval_ms);
}
