/* SPDX-License-Identifier: Apache-2.0 */
#include "thin.h"
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* include/uapi/linux/sched.h: CLONE_INTO_CGROUP, and struct clone_args of 88 bytes. */
#define INTO_CGROUP 0x200000000ULL

struct clone3_arguments {
	unsigned long long flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

/*
 * Born in the group, where this user may put a process there: to be moved takes milliseconds, because the kernel
 * waits until no other process is being forked (native/BOUNDARY.md).
 */
int clone_into(const char *group)
{
	int directory = open(group, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct clone3_arguments arguments = {
		.flags = INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (unsigned long long)directory
	};
	long pid;

	if (directory < 0)
		return -1;
	pid = syscall(SYS_clone3, &arguments, sizeof(arguments));
	if (pid != 0)
		close(directory);
	return (int)pid;
}

int clone_beside(void)
{
	/* The order of the other arguments differs between architectures; they are all zero. */
	return (int)syscall(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L);
}

ssize_t read_some(int fd, void *bytes, size_t length)
{
	ssize_t count;

	do
		count = read(fd, bytes, length);
	while (count < 0 && errno == EINTR);
	return count;
}

/* Waits for the word to go on; its end is the death of who would give it. */
static _Noreturn void be_child(int channel, const char *file, char **argv)
{
	char byte = 'h';
	int error;

	if (write(channel, &byte, 1) != 1 || read_some(channel, &byte, 1) != 1)
		_exit(EXIT_CORRAL);
	release_signals();
	drop_token();
	restore_environment();
	execvp(file, argv);
	error = errno;
	if (write(channel, &error, sizeof(error)) < 0)
		_exit(EXIT_CORRAL);
	_exit(EXIT_NOT_FOUND);
}

static bool start(struct child *child, const char *group, const char *file, char **argv)
{
	int pair[2];
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return false;
	child->pid = group != NULL ? clone_into(group) : clone_beside();
	if (child->pid == 0) {
		close(pair[0]);
		be_child(pair[1], file, argv);
	}
	close(pair[1]);
	child->channel = pair[0];
	child->born = group != NULL;
	if (child->pid > 0 && read_some(pair[0], &byte, 1) == 1)
		return true;
	/* Linux 6.12 to 6.18 kills at birth who is born below a group whose cgroup.kill was written once. */
	drop_child(child);
	return false;
}

bool hold_child(struct child *child, const char *group, const char *file, char **argv)
{
	return start(child, group, file, argv) || start(child, NULL, file, argv);
}

int let_go(struct child *child)
{
	int error = 0;
	char go = 'g';

	/* Whoever has been killed meanwhile reads no more; its end tells. */
	if (send(child->channel, &go, 1, MSG_NOSIGNAL) == 1 &&
	    read_some(child->channel, &error, sizeof(error)) != (ssize_t)sizeof(error))
		error = 0;
	close(child->channel);
	return error;
}

void drop_child(struct child *child)
{
	close(child->channel);
	if (child->pid <= 0)
		return;
	kill(child->pid, SIGKILL);
	waitpid(child->pid, NULL, 0);
}
