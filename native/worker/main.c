/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"
#include "../load/options.h"
#include "../load/set.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct {
	const char *name;
	child_body body;
} loops[] = {
	{ "fork-exit", fork_exit_child },
	{ "fork-touch", fork_touch_child },
	{ "fork-exec", fork_exec_child },
};

static bool parse_number(const char *text, uint64_t *number)
{
	char *end = NULL;

	errno = 0;
	*number = strtoull(text, &end, 10);
	return errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0';
}

static bool parse_option(const char *name, const char *value, struct worker_options *options)
{
	if (strcmp(name, "--rate") == 0)
		return parse_number(value, &options->rate) && options->rate > 0;
	if (strcmp(name, "--batch") == 0)
		return parse_number(value, &options->batch);
	if (strcmp(name, "--duration-ms") == 0)
		return parse_number(value, &options->duration_ms);
	if (strcmp(name, "--nproc") == 0)
		return parse_number(value, &options->nproc);
	if (strcmp(name, "--pages") == 0)
		return parse_number(value, &options->pages);
	if (strcmp(name, "--rounds") == 0)
		return parse_number(value, &options->rounds);
	if (strcmp(name, "--turns") == 0)
		return parse_number(value, &options->turns);
	if (strcmp(name, "--beside") == 0)
		return parse_number(value, &options->beside) && options->beside <= GAUGE_MOST_BESIDE;
	if (strcmp(name, "--sleep-us") == 0)
		return parse_number(value, &options->sleep_us);
	if (strcmp(name, "--steps") == 0) {
		options->steps = value;
		return true;
	}
	if (strcmp(name, "--exec") == 0) {
		options->exec_path = value;
		return true;
	}
	return false;
}

static int usage(void)
{
	static const char text[] = "usage: corral-worker fork-exit|fork-touch|fork-exec|trace|gauge|load|load-threads [options]; started by corral, see native/BOUNDARY.md\n";

	return write(STDERR_FILENO, text, sizeof(text) - 1) < 0 ? EXIT_USAGE : EXIT_USAGE;
}

static int run_load(int argc, char **argv)
{
	struct load_options options;

	if (!parse_load_options(argc - 2, argv + 2, &options))
		return usage();
	return run_leader(&options, 1, NULL);
}

/* "load-threads NAME", then what "load" has, for each set after the word "and". */
static int run_load_threads(int argc, char **argv)
{
	static struct load_options options[LOAD_SETS];
	uint32_t count = 0;

	for (int at = 3; at < argc; count += 1) {
		int end = at + 1;

		while (end + 1 < argc && strcmp(argv[end], "and") != 0)
			end += 2;
		/* A set that ends with an option without its value is none. */
		end = end >= argc || strcmp(argv[end], "and") == 0 ? end : argc;
		if (count == LOAD_SETS || !parse_load_options(end - at, argv + at, &options[count]) || options[count].type->is_program)
			return usage();
		at = end + 1;
	}
	return count == 0 ? usage() : run_leader(options, count, argv[2]);
}

int main(int argc, char **argv)
{
	struct worker_options options = { .rate = 1, .exec_path = "", .steps = "" };
	child_body body = NULL;
	int status;
	bool is_trace = argc > 1 && strcmp(argv[1], "trace") == 0;
	bool is_gauge = argc > 1 && strcmp(argv[1], "gauge") == 0;

	if (argc > 1 && strcmp(argv[1], "load") == 0)
		return run_load(argc, argv);
	if (argc > 3 && strcmp(argv[1], "load-threads") == 0)
		return run_load_threads(argc, argv);
	if (argc == 2 && strcmp(argv[1], "load-layout") == 0)
		return print_load_layout();
	if (argc == 2 && strcmp(argv[1], "load-types") == 0)
		return print_load_types();
	for (size_t index = 0; argc > 1 && index < sizeof(loops) / sizeof(loops[0]); index += 1)
		if (strcmp(argv[1], loops[index].name) == 0)
			body = loops[index].body;
	if ((body == NULL && !is_trace && !is_gauge) || argc % 2 != 0)
		return usage();
	for (int at = 2; at < argc; at += 2)
		if (!parse_option(argv[at], argv[at + 1], &options))
			return usage();
	/* Whoever started us reads what we print; without him there is nothing to do. */
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	pace_catch_signals();
	signal(SIGPIPE, SIG_IGN);
	if (options.nproc > 0) {
		struct rlimit limit = { .rlim_cur = options.nproc, .rlim_max = options.nproc };

		setrlimit(RLIMIT_NPROC, &limit);
	}
	if (is_gauge)
		return run_gauge(&options);
	if (!is_trace)
		return run_forks(&options, body);
	status = run_trace(&options);
	return status == EXIT_USAGE ? usage() : status;
}
