/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static char buffer[65536];
static size_t used;
static bool broken;

bool report_broken(void)
{
	return broken;
}

void report_flush(void)
{
	size_t at = 0;

	while (at < used && !broken) {
		ssize_t written = write(STDOUT_FILENO, buffer + at, used - at);

		if (written >= 0)
			at += (size_t)written;
		else if (errno != EINTR)
			broken = true;
	}
	used = 0;
}

void report_text(const char *text)
{
	size_t length = strlen(text);

	if (length > sizeof(buffer) - used)
		report_flush();
	memcpy(buffer + used, text, length);
	used += length;
}

void report_number(uint64_t number)
{
	char digits[21];
	size_t at = sizeof(digits) - 1;

	digits[at] = '\0';
	do {
		at -= 1;
		digits[at] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	report_text(digits + at);
}
