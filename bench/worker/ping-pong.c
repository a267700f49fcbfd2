/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two processes on one CPU that pass a byte through pipes for so many milliseconds. Prints the median of the time from
 * before a write(2) to after the read(2) of the other, in nanoseconds, and exchanges per second.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define MOST 8000000

struct shared {
	_Alignas(128) uint64_t first_ns;
	_Alignas(128) uint64_t second_ns;
};

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	uint32_t one = *(const uint32_t *)a, other = *(const uint32_t *)b;

	return (one > other) - (one < other);
}

static void second(struct shared *shared, int in, int out)
{
	char byte;

	while (read(in, &byte, 1) == 1) {
		shared->second_ns = now();
		if (write(out, "w", 1) != 1)
			break;
	}
	_exit(0);
}

int main(int argc, char **argv)
{
	uint64_t ms = argc > 2 ? strtoull(argv[2], NULL, 10) : 500, begun, time, count = 0;
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint32_t *samples = malloc(MOST * sizeof(*samples));
	int there[2], back[2];
	cpu_set_t cpus;
	char byte;

	CPU_ZERO(&cpus);
	CPU_SET(argc > 1 ? atoi(argv[1]) : 0, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	if (shared == MAP_FAILED || samples == NULL || pipe(there) != 0 || pipe(back) != 0)
		return 1;
	pid_t child = fork();

	if (child == 0) {
		close(there[1]);
		second(shared, there[0], back[1]);
	}
	begun = now();
	do {
		shared->first_ns = now();
		if (write(there[1], "w", 1) != 1 || read(back[0], &byte, 1) != 1)
			return 1;
		time = now();
		samples[count++] = (uint32_t)(time - shared->second_ns);
	} while (time - begun < ms * 1000000 && count < MOST);
	kill(child, SIGKILL);
	qsort(samples, count, sizeof(*samples), ascending);
	printf("%u %f\n", samples[count / 2], (double)count / ((double)(time - begun) / 1e9));
	return 0;
}
