/* SPDX-License-Identifier: Apache-2.0 */
/* The launcher (native/launcher) as a child of this process: one socket carries its status, and the byte that lets it go on. */
#include "thin.h"
#include "child.h"
#include "launch.h"
#include "../launcher/launcher.h"

#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* Paths of groups and a list of CPUs, with every byte escaped. */
static char status[32 * 1024];
static size_t used;

/* What follows the beginning of a line; NULL: there is no such line. */
static const char *find_line(const char *beginning)
{
	size_t length = strlen(beginning);

	for (const char *at = status; at != NULL && *at != '\0'; at = strchr(at, '\n')) {
		at += *at == '\n';
		if (strncmp(at, beginning, length) == 0)
			return at + length;
	}
	return NULL;
}

static bool has_line(const char *line)
{
	return find_line(line) != NULL;
}

/* Reads on; false at the end, which is the exec, or the death of the launcher. */
static bool read_status(int channel)
{
	ssize_t count = read_some(channel, status + used, sizeof(status) - 1 - used);

	if (count <= 0)
		return false;
	used += (size_t)count;
	status[used] = '\0';
	return true;
}

static _Noreturn void be_launcher(const struct launch *launch, int channel, bool born)
{
	static char place[PATH_MAX + 16];
	size_t words = 0, commands = 0, at = 0;
	char number[16], **argv;

	while (launch->command[commands] != NULL)
		commands++;
	words = 6 + launch->option_count + commands;
	argv = calloc(words + 1, sizeof(*argv));
	if (argv == NULL || !change_environment(launch->changes, launch->change_count))
		_exit(EXIT_CORRAL);
	if (launch->stdout_to_stderr)
		dup2(STDERR_FILENO, STDOUT_FILENO);
	snprintf(number, sizeof(number), "%d", channel);
	argv[at++] = "--status";
	argv[at++] = number;
	argv[at++] = "--hold";
	argv[at++] = number;
	if (!born && launch->group != NULL) {
		snprintf(place, sizeof(place), "%s/cgroup.procs", launch->group);
		argv[at++] = "--place";
		argv[at++] = place;
	}
	memcpy(argv + at, launch->options, launch->option_count * sizeof(*argv));
	memcpy(argv + at + launch->option_count, launch->command, commands * sizeof(*argv));
	_exit(run_within((int)(at + launch->option_count + commands), argv, launch->may_go));
}

/* What the process says of having gone on by itself. */
static void read_released(struct launched *launched)
{
	const char *numbers = find_line("released ");
	char *end = NULL;

	launched->released = numbers != NULL;
	if (numbers == NULL)
		return;
	launched->start_ticks = strtoll(numbers, &end, 10);
	launched->released_ns = strtoll(end + 1, &end, 10);
}

static bool start(const struct launch *launch, struct launched *launched, bool born)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return false;
	launched->pid = born ? clone_into(launch->group) : clone_beside();
	if (launched->pid == 0) {
		close(pair[0]);
		restore_environment();
		be_launcher(launch, pair[1], born);
	}
	close(pair[1]);
	launched->channel = pair[0];
	launched->status = status;
	used = 0;
	status[0] = '\0';
	if (launched->pid > 0) {
		while (!(launched->held = has_line("held\n")) && read_status(pair[0]))
			;
		read_released(launched);
		/* Linux 6.12 to 6.18 kills at birth who is born below a group whose cgroup.kill was written once. */
		if (!born || has_line("ready\n"))
			return true;
		waitpid(launched->pid, NULL, 0);
	}
	close(pair[0]);
	return false;
}

bool start_launch(const struct launch *launch, struct launched *launched)
{
	return (launch->group != NULL && start(launch, launched, true)) || start(launch, launched, false);
}

bool finish_launch(struct launched *launched)
{
	char go = 'g';

	/* Whoever has been killed meanwhile reads no more; its end tells. */
	if (launched->held)
		send(launched->channel, &go, 1, MSG_NOSIGNAL);
	while (read_status(launched->channel))
		;
	close(launched->channel);
	return !has_line("fail ");
}

void drop_launch(const struct launched *launched)
{
	close(launched->channel);
	kill(launched->pid, SIGKILL);
	waitpid(launched->pid, NULL, 0);
}
