/* SPDX-License-Identifier: Apache-2.0 */
/* What SpinWait does without measuring anything: rounds of 1024 turns of the same loop for so many milliseconds, on the CPU given. Prints rounds per second. */
#define _GNU_SOURCE
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

#include "spin.h"

static volatile sig_atomic_t over;

static void end(int signal)
{
	(void)signal;
	over = 1;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	long ms = argc > 2 ? atol(argv[2]) : 500;
	struct itimerval timer = { .it_value = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 } };
	uint64_t rounds = 0;
	cpu_set_t cpus;
	double begun;

	CPU_ZERO(&cpus);
	CPU_SET(argc > 1 ? atoi(argv[1]) : 0, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
	signal(SIGALRM, end);
	setitimer(ITIMER_REAL, &timer, NULL);
	begun = seconds();
	for (; !over; rounds += 1)
		load_spin(1024);
	printf("%f\n", (double)rounds / (seconds() - begun));
	return 0;
}
