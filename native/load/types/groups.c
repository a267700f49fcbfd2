/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

/* Moves a process of ours (0: ourselves) with one write(2) to a cgroup.procs file. */
static int move(const char *procs, pid_t pid)
{
	int fd = open(procs, O_WRONLY | O_CLOEXEC), error = 0;
	char text[16];
	int length = snprintf(text, sizeof(text), "%d", (int)pid);

	if (fd < 0)
		return errno;
	if (write(fd, text, (size_t)length) < 0)
		error = errno;
	close(fd);
	return error;
}

/* Parameters: groups, microseconds in each. Texts: their cgroup.procs files. */
void work_cgroup_churn(struct load *load)
{
	for (uint32_t at = load->index; load_goes_on(load); at += 1) {
		load_failed(load, move(load->options->texts[at % load->options->text_count], 0));
		load_spin_for(load, load_param(load, 1) * LOAD_NS_PER_US, false);
		load_count(load, 1);
	}
}

/*
 * Parameter: 0 to let the kernel reap. Text: a cgroup.procs file. A child ends while it is moved: ESRCH is what the race is
 * about, and no failure.
 */
void work_attach_storm(struct load *load)
{
	bool ignores = load_param(load, 0) == 0;

	if (ignores)
		signal(SIGCHLD, SIG_IGN);
	while (load_goes_on(load)) {
		pid_t child = fork();
		int error;

		if (child == 0)
			_exit(0);
		if (child < 0) {
			load_failed(load, errno);
			load_sleep_until(load, load_look(load) + LOAD_NS_PER_MS);
			continue;
		}
		error = move(load->options->texts[0], child);
		if (error != ESRCH)
			load_failed(load, error);
		while (!ignores && waitpid(child, NULL, 0) < 0 && errno == EINTR)
			;
		load_look(load);
		load_count(load, 1);
	}
}
