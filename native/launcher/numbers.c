/* SPDX-License-Identifier: Apache-2.0 */
#include "launcher.h"

#include <errno.h>
#include <stdlib.h>

static bool parse_prefix(const char *text, char stop, long long min, long long max, long long *value,
			 const char **end)
{
	char *after;

	/* strtoll accepts leading blanks and a plus sign; we do not. */
	if ((text[0] < '0' || text[0] > '9') && text[0] != '-')
		return false;
	errno = 0;
	*value = strtoll(text, &after, 10);
	if (errno != 0 || after == text || *after != stop || *value < min || *value > max)
		return false;
	*end = after;
	return true;
}

bool parse_number(const char *text, long long min, long long max, long long *value)
{
	const char *end;

	return parse_prefix(text, '\0', min, max, value, &end);
}

bool parse_pair(const char *text, char separator, long long min, long long max, long long *first,
		long long *second)
{
	const char *end;

	return parse_prefix(text, separator, min, max, first, &end) && parse_number(end + 1, min, max, second);
}
