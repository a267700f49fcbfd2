/* SPDX-License-Identifier: Apache-2.0 */
#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int status_fd = -1;
/* Lines that have not been written yet: each write would wake the reader, who can do nothing before the last. */
static char pending[4096];
static size_t pending_length;
static bool all_set = true;

/* A reader that went away must not stop the workload (non-owning by default): errors are ignored. */
static void write_line(const char *line, size_t length)
{
	while (length > 0) {
		ssize_t written = write(status_fd, line, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return;
		line += written;
		length -= (size_t)written;
	}
}

/* Control bytes and backslashes become \xNN, so that a path can never forge a line. */
static void escape(const char *text, char *out, size_t size)
{
	size_t used = 0;

	for (; *text != '\0' && used + 5 <= size; text++) {
		unsigned char byte = (unsigned char)*text;

		if (byte < 0x20 || byte == 0x7f || byte == '\\')
			used += (size_t)snprintf(out + used, size - used, "\\x%02x", byte);
		else
			out[used++] = (char)byte;
	}
	out[used] = '\0';
}

void status_open(int fd)
{
	status_fd = fd;
	if (fd < 0)
		return;
	/* The exec closes it: end of file without `fail` is the news that the workload runs. */
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) < 0)
		_exit(EXIT_NOT_STARTED);
}

void status_flush(void)
{
	if (status_fd >= 0)
		write_line(pending, pending_length);
	pending_length = 0;
}

/* Appends to what is pending; a line longer than that is written at once, after it. */
static void add_line(const char *line, size_t length)
{
	if (pending_length + length > sizeof(pending))
		status_flush();
	if (length > sizeof(pending)) {
		write_line(line, length);
		return;
	}
	memcpy(pending + pending_length, line, length);
	pending_length += length;
}

void status_ready(void)
{
	if (status_fd >= 0)
		add_line("ready\n", 6);
}

void status_held(void)
{
	add_line("held\n", 5);
	status_flush();
}

void status_began(long long at_ns)
{
	char line[32];

	add_line(line, (size_t)snprintf(line, sizeof(line), "began %lld\n", at_ns));
}

void status_set(const char *name, int error, const char *effective)
{
	/* Affinity lists and paths are the long ones; both fit. */
	static char escaped[4 * PATH_MAX + 1];
	static char line[sizeof(escaped) + 64];
	int length;

	all_set = all_set && error == 0;
	if (status_fd < 0)
		return;
	escape(effective, escaped, sizeof(escaped));
	length = snprintf(line, sizeof(line), "set %s %d %s\n", name, error, escaped);
	add_line(line, (size_t)length);
}

bool status_all_set(void)
{
	return all_set;
}

void status_released(long long start_ticks, long long at_ns)
{
	char line[64];

	if (status_fd >= 0)
		add_line(line, (size_t)snprintf(line, sizeof(line), "released %lld %lld\n", start_ticks, at_ns));
}

void status_fail(const char *stage, int error)
{
	char line[64];
	int length;

	signal(SIGPIPE, SIG_IGN);
	length = snprintf(line, sizeof(line), "fail %s %d\n", stage, error);
	add_line(line, (size_t)length);
	status_flush();
	_exit(EXIT_NOT_STARTED);
}
