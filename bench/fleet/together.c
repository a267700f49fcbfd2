/* SPDX-License-Identifier: Apache-2.0 */
/*
 * So many processes that sleep until the same moment, some milliseconds ahead. Prints how far apart they woke, from the
 * first to the last, in nanoseconds.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MOST 1024

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void wake(uint64_t at_ns, volatile uint64_t *woke_ns)
{
	struct timespec time = { .tv_sec = (time_t)(at_ns / 1000000000u), .tv_nsec = (long)(at_ns % 1000000000u) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL) == EINTR)
		;
	*woke_ns = now();
	_exit(0);
}

int main(int argc, char **argv)
{
	int count = argc > 1 ? atoi(argv[1]) : 8;
	uint64_t ms = argc > 2 ? strtoull(argv[2], NULL, 10) : 500;
	uint64_t *woke = mmap(NULL, MOST * sizeof(*woke), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t at_ns, first = UINT64_MAX, last = 0;

	if (woke == MAP_FAILED || count < 1 || count > MOST)
		return 1;
	at_ns = now() + ms * 1000000u;
	for (int i = 0; i < count; i++) {
		pid_t child = fork();

		if (child < 0)
			return 1;
		if (child == 0)
			wake(at_ns, &woke[i]);
	}
	while (wait(NULL) > 0)
		;
	for (int i = 0; i < count; i++) {
		if (woke[i] == 0)
			return 1;
		first = woke[i] < first ? woke[i] : first;
		last = woke[i] > last ? woke[i] : last;
	}
	printf("%llu\n", (unsigned long long)(last - first));
	return 0;
}
