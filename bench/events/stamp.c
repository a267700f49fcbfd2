/* SPDX-License-Identifier: Apache-2.0 */
/* stamp: copies standard input line by line, with the time (CLOCK_MONOTONIC, ns) at which the line had been read before it. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(void)
{
	static char buffer[1 << 16];
	size_t kept = 0;

	for (;;) {
		ssize_t got = read(STDIN_FILENO, buffer + kept, sizeof(buffer) - kept);
		struct timespec time;
		char *line = buffer, *end;

		if (got <= 0)
			return 0;
		clock_gettime(CLOCK_MONOTONIC, &time);
		kept += got;
		while ((end = memchr(line, '\n', buffer + kept - line)) != NULL) {
			printf("%lld %.*s\n", time.tv_sec * 1000000000ll + time.tv_nsec, (int)(end - line), line);
			line = end + 1;
		}
		fflush(stdout);
		kept = buffer + kept - line;
		memmove(buffer, line, kept);
	}
}
