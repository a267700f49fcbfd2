/* SPDX-License-Identifier: Apache-2.0 */
/*
 * execgen COUNT PERIOD_US GENERATORS PROGRAM: executes PROGRAM COUNT times in all, by vfork, shared by so many processes, each of
 * which begins one every PERIOD_US (0: as fast as it goes) and makes good what it is late. Prints the seconds that it took.
 */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static void generate(long count, long period_us, char *program)
{
	char *arguments[] = { program, "an", "argument", NULL }, *environment[] = { NULL };
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	while (count-- > 0) {
		pid_t child;

		if (posix_spawn(&child, program, NULL, NULL, arguments, environment) != 0)
			exit(1);
		waitpid(child, NULL, 0);
		next.tv_nsec += period_us * 1000;
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		if (period_us > 0)
			clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}

int main(int argc, char **argv)
{
	int generators = argc == 5 ? atoi(argv[3]) : 0;
	double begin = now();

	for (int i = 0; i < generators; i++)
		if (fork() == 0) {
			generate(atol(argv[1]) / generators, atol(argv[2]), argv[4]);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	printf("%f\n", now() - begin);
	return generators > 0 ? 0 : 2;
}
