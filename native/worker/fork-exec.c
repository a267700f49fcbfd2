/* SPDX-License-Identifier: Apache-2.0 */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

/* As a shell says of a command that it cannot execute. */
#define EXIT_NOT_EXECUTED 127

int fork_exec_child(const struct worker_options *options)
{
	char *const argv[] = { (char *)options->exec_path, NULL };
	int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	/* Standard output is the pipe of our own lines. */
	/* Ours is ignored, which an exec keeps. */
	signal(SIGPIPE, SIG_DFL);
	if (null < 0 || dup2(null, STDOUT_FILENO) < 0)
		return EXIT_NOT_EXECUTED;
	execv(options->exec_path, argv);
	leave_errno(errno);
	return EXIT_NOT_EXECUTED;
}
