/* SPDX-License-Identifier: Apache-2.0 */
#include "thin.h"
#include "child.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PARTS 4
/* Field 22 of proc_pid_stat(5), of which the first two come before the last parenthesis. */
#define FIELDS_BEFORE_START 20

static char *after_name(char *text)
{
	char *found = NULL;

	for (char *at = strchr(text, ')'); at != NULL; at = strchr(at + 1, ')'))
		found = at;
	return found;
}

/* When a process was made; -1: it cannot be told. */
static long long start_ticks_of(int pid)
{
	char path[32], text[1024], *at, *end;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	length = read_some(fd, text, sizeof(text) - 1);
	close(fd);
	if (length <= 0)
		return -1;
	text[length] = '\0';
	at = after_name(text);
	for (int field = 0; at != NULL && field < FIELDS_BEFORE_START; field++)
		at = strchr(at + 1, ' ');
	return at == NULL ? -1 : strtoll(at + 1, &end, 10);
}

bool put_on_record(struct ahead *ahead, int pid)
{
	static char bytes[128 * 1024];
	struct text record = { bytes, 0, sizeof(bytes), false };
	struct timespec now;

	if (ahead->count != PARTS)
		return false;
	ahead->start_ticks = start_ticks_of(pid);
	if (ahead->start_ticks < 0 || clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		return false;
	ahead->released_ns = now.tv_sec * 1000000000LL + now.tv_nsec;
	put(&record, ahead->parts[0]);
	put_decimal(&record, pid);
	put(&record, ahead->parts[1]);
	put_decimal(&record, ahead->start_ticks);
	put(&record, ahead->parts[2]);
	put_decimal(&record, ahead->released_ns);
	put(&record, ahead->parts[3]);
	return !record.cut && replace_file(ahead->path, &record, false);
}
