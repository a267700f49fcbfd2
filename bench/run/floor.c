/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel alone asks for a limited run: the groups made, the limits written and read back, the process born in its v2 group
 * and put into those of v1, the counters read, the groups removed. No guard, no plan, no record, no report.
 *
 *     floor UNIFIED LEAF [+DIRECTORY]… [=FILE VALUE]… [-FILE]… -- PROGRAM
 *
 * LEAF is made in UNIFIED and in every DIRECTORY. FILEs are below: written and read back before the start (=), read after the end (-).
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST 16

extern char **environ;

static void check(int holds, const char *what)
{
	if (holds)
		return;
	perror(what);
	exit(1);
}

static void read_file(const char *path)
{
	char text[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	/* A counter that this kernel has not is no failure. */
	if (fd < 0)
		return;
	while (read(fd, text, sizeof(text)) > 0)
		;
	close(fd);
}

static void write_file(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	check(fd >= 0 && write(fd, value, strlen(value)) == (ssize_t)strlen(value), path);
	close(fd);
}

static pid_t born_in(const char *group)
{
	int directory = open(group, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct clone_args arguments = { .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (unsigned)directory };

	check(directory >= 0, group);
	return (pid_t)syscall(SYS_clone3, &arguments, sizeof(arguments));
}

int main(int argc, char **argv)
{
	static char groups[MOST][4096], tasks[MOST][4096 + 16];
	int count = 0, at = 3, status;
	struct stat found;
	pid_t child;

	snprintf(groups[count++], sizeof(groups[0]), "%s/%s", argv[1], argv[2]);
	for (; at < argc && argv[at][0] == '+' && count < MOST; at++, count++) {
		snprintf(groups[count], sizeof(groups[0]), "%s/%s", argv[at] + 1, argv[2]);
		snprintf(tasks[count], sizeof(tasks[0]), "%s/tasks", groups[count]);
	}
	for (int i = 0; i < count; i++)
		check(mkdir(groups[i], 0777) == 0 && stat(groups[i], &found) == 0, groups[i]);
	for (int i = at; i + 1 < argc && argv[i][0] == '='; i += 2)
		write_file(argv[i] + 1, argv[i + 1]);
	for (; at + 1 < argc && argv[at][0] == '='; at += 2)
		read_file(argv[at] + 1);
	child = born_in(groups[0]);
	check(child >= 0, "clone3");
	if (child == 0) {
		for (int i = 1; i < count; i++)
			write_file(tasks[i], "0");
		while (strcmp(argv[at++], "--") != 0)
			;
		execve(argv[at], argv + at, environ);
		_exit(127);
	}
	check(waitpid(child, &status, 0) == child, "waitpid");
	for (; argv[at][0] == '-' && argv[at][1] != '-'; at++)
		read_file(argv[at] + 1);
	for (int i = 0; i < count; i++)
		check(rmdir(groups[i]) == 0, groups[i]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
