/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Puts back what a Corral changed for a while when that Corral dies or forgets: thaws a group, lifts a memory.high.
 * The files are opened at the start: a group that takes the place of one that was removed is another one.
 */
#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct setting {
	int fd;
	const char *value;
};

/* --after-ms N, then --write PATH VALUE or --write-if-there PATH VALUE any number of times; how many are held, or -1. */
static int parse_options(int argc, char **argv, long long *after_ms, struct setting *settings)
{
	int count = 0;

	if (argc < 2 || strcmp(argv[0], "--after-ms") != 0 || !parse_number(argv[1], -1, INT_MAX, after_ms))
		return -1;
	for (int i = 2; i < argc; i += 3) {
		int may_lack = strcmp(argv[i], "--write-if-there") == 0;

		if (i + 2 >= argc || (!may_lack && strcmp(argv[i], "--write") != 0))
			return -1;
		/* So that a memory limit below the usage does not hold us up, where the kernel knows that. */
		settings[count].fd = open(argv[i + 1], O_WRONLY | O_CLOEXEC | O_NONBLOCK);
		if (settings[count].fd < 0 && may_lack && (errno == ENOENT || errno == ENODEV))
			continue; /* the group is gone */
		if (settings[count].fd < 0)
			return -1;
		settings[count++].value = argv[i + 2];
	}
	return count;
}

int restore_main(int argc, char **argv)
{
	struct setting *settings = calloc((size_t)argc + 1, sizeof(*settings));
	long long after_ms;
	int count;

	outlive_corral();
	if (settings == NULL || (count = parse_options(argc, argv, &after_ms, settings)) < 0)
		return EXIT_TETHER_FAILED;
	/* All files are held from here on. */
	if (write(STDOUT_FILENO, "r", 1) < 0)
		return EXIT_TETHER_FAILED;
	close(STDOUT_FILENO);
	if (wait_for_goodbye(after_ms))
		return 0;
	for (int i = 0; i < count; i++)
		if (write(settings[i].fd, settings[i].value, strlen(settings[i].value)) < 0)
			continue; /* the group is gone */
	return 0;
}
