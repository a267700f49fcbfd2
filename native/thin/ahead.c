/* SPDX-License-Identifier: Apache-2.0 */
#include "thin.h"
#include "child.h"
#include "../launcher/launcher.h"

#include <fcntl.h>
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

/* When this process was made; -1: it cannot be told. */
static long long own_start_ticks(void)
{
	char text[1024], *at, *end;
	ssize_t length;
	int fd;

	fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
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

bool put_on_record(const struct ahead *ahead)
{
	static char bytes[128 * 1024];
	struct text record = { bytes, 0, sizeof(bytes), false };
	struct timespec now;
	long long start_ticks = own_start_ticks(), released_ns;

	if (ahead->count != PARTS || start_ticks < 0 || clock_gettime(CLOCK_MONOTONIC, &now) < 0)
		return false;
	released_ns = now.tv_sec * 1000000000LL + now.tv_nsec;
	put(&record, ahead->parts[0]);
	put_decimal(&record, getpid());
	put(&record, ahead->parts[1]);
	put_decimal(&record, start_ticks);
	put(&record, ahead->parts[2]);
	put_decimal(&record, released_ns);
	put(&record, ahead->parts[3]);
	if (record.cut || !replace_file(ahead->path, &record, false))
		return false;
	status_released(start_ticks, released_ns);
	return true;
}
