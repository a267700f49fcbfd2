/* SPDX-License-Identifier: Apache-2.0 */
#include "spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

void *map_stack(void)
{
	void *stack = mmap(NULL, CHILD_STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);

	if (stack == MAP_FAILED)
		return NULL;
	mprotect(stack, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE);
	return stack;
}

static bool fail(struct spawn *spawn, int error, const char *syscall_name)
{
	spawn->error = error;
	spawn->syscall_name = syscall_name;
	return false;
}

static void close_all(int *fds, int count)
{
	for (int i = 0; i < count; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

/* Makes the pipes that were asked for, so that `child.fds` names real descriptors only. */
static bool open_pipes(struct spawn *spawn)
{
	for (int i = 0; i < spawn->child.fd_count; i++) {
		bool child_writes = spawn->wanted[i] == FD_PIPE_WRITTEN_BY_CHILD;
		int ends[2];

		spawn->child.fds[i] = spawn->wanted[i];
		if (!child_writes && spawn->wanted[i] != FD_PIPE_READ_BY_CHILD)
			continue;
		if (open_pipe(ends) < 0)
			return fail(spawn, errno, "pipe2");
		spawn->ours[i] = ends[child_writes ? 0 : 1];
		spawn->theirs[i] = spawn->child.fds[i] = ends[child_writes ? 1 : 0];
	}
	return true;
}

/* cgroup.events, cgroups(7). The root group has no such file and cannot be frozen. */
static bool is_frozen(int directory)
{
	char text[256];
	int fd = openat(directory, "cgroup.events", O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

	if (fd >= 0)
		close(fd);
	text[length < 0 ? 0 : length] = '\0';
	return strstr(text, "frozen 1\n") != NULL;
}

/* A child born in a frozen group would not get to its exec, and this thread would wait for it. */
static bool open_group(struct spawn *spawn, int *fd)
{
	if (spawn->cgroup == NULL)
		return true;
	*fd = open(spawn->cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*fd < 0)
		return fail(spawn, errno, "open");
	return is_frozen(*fd) ? fail(spawn, EBUSY, "cgroup.events") : true;
}

static void reap(int pidfd)
{
	siginfo_t info;

	/* Nobody else knows this pidfd, so the wait cannot be stolen. */
	while (syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED, NULL) < 0 && errno == EINTR)
		;
	close(pidfd);
}

static bool clone_and_check(struct spawn *spawn, void *stack, int cgroup_fd)
{
	static const char *const names[] = {
		[STAGE_NONE] = "clone3", [STAGE_DUP] = "dup3", [STAGE_CHDIR] = "chdir", [STAGE_EXEC] = "execve",
	};
	long pid = clone_child(&spawn->child, stack, cgroup_fd, &spawn->pidfd);

	if (pid < 0) {
		spawn->pidfd = -1;
		return fail(spawn, (int)-pid, "clone3");
	}
	if (spawn->child.error != 0) {
		/* It is exiting already. */
		reap(spawn->pidfd);
		spawn->pidfd = -1;
		return fail(spawn, spawn->child.error, names[spawn->child.stage]);
	}
	spawn->pid = (pid_t)pid;
	return true;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}

/* A signal, such as the one that has a guard read its file again, neither ends the wait nor begins it anew. */
static int poll_for(struct pollfd *fd, int ms)
{
	int64_t end = now_ms() + ms, left = ms;
	int polled;

	while ((polled = poll(fd, 1, left < 0 ? 0 : (int)left)) < 0 && errno == EINTR)
		left = end - now_ms();
	return polled;
}

/* Takes the event loop's part where the child is quick; whatever is not as hoped is left to JavaScript. */
static void read_output(struct spawn *spawn)
{
	struct pollfd hangup = { .fd = -1 };
	int available, i = 0;

	while (i < spawn->child.fd_count && spawn->wanted[i] != FD_PIPE_WRITTEN_BY_CHILD)
		i++;
	if (spawn->read_ms <= 0 || i == spawn->child.fd_count)
		return;
	hangup.fd = spawn->ours[i];
	if (poll_for(&hangup, spawn->read_ms) != 1 || ioctl(hangup.fd, FIONREAD, &available) < 0 ||
	    available > (int)sizeof(spawn->output))
		return;
	spawn->output_length = available == 0 ? 0 : (int)read(hangup.fd, spawn->output, sizeof(spawn->output));
	close_all(&spawn->ours[i], 1);
}

void perform_spawn(struct spawn *spawn, void *stack)
{
	int cgroup_fd = -1, count = spawn->child.fd_count;
	struct rusage usage = { 0 };
	bool started = open_group(spawn, &cgroup_fd) && open_pipes(spawn) && clone_and_check(spawn, stack, cgroup_fd);

	getrusage(RUSAGE_SELF, &usage);
	spawn->peak_rss_kib = usage.ru_maxrss;
	close_all(spawn->theirs, count);
	if (started)
		read_output(spawn);
	else
		close_all(spawn->ours, count);
	if (cgroup_fd >= 0)
		close(cgroup_fd);
}

void abandon_spawn(struct spawn *spawn)
{
	close_all(spawn->ours, spawn->child.fd_count);
	if (spawn->pidfd < 0)
		return;
	syscall(SYS_pidfd_send_signal, spawn->pidfd, SIGKILL, NULL, 0);
	reap(spawn->pidfd);
	spawn->pidfd = -1;
}

napi_value spawn_result(napi_env env, const struct spawn *spawn)
{
	napi_value result, pipes, end, output;
	uint32_t made = 0;

	CHECK(env, napi_create_array(env, &pipes));
	for (int i = 0; i < spawn->child.fd_count; i++) {
		if (spawn->wanted[i] != FD_PIPE_WRITTEN_BY_CHILD && spawn->wanted[i] != FD_PIPE_READ_BY_CHILD)
			continue;
		CHECK(env, napi_create_int32(env, spawn->ours[i], &end));
		CHECK(env, napi_set_element(env, pipes, made++, end));
	}
	CHECK(env, napi_create_object(env, &result));
	CHECK(env, set_number(env, result, "pid", spawn->pid));
	CHECK(env, set_number(env, result, "pidfd", spawn->pidfd));
	CHECK(env, napi_set_named_property(env, result, "pipes", pipes));
	if (spawn->output_length < 0)
		CHECK(env, napi_get_null(env, &output));
	else
		CHECK(env, napi_create_string_utf8(env, spawn->output, (size_t)spawn->output_length, &output));
	CHECK(env, napi_set_named_property(env, result, "output", output));
	CHECK(env, set_number(env, result, "ownPeakRssBytes", (double)spawn->peak_rss_kib * 1024));
	return result;
}

/* spawn(file, argv, env, cwd, fds, cgroup, readMs) */
napi_value spawn_process(napi_env env, napi_callback_info info)
{
	struct instance *instance = instance_of(env);
	struct spawn spawn;
	napi_value result = NULL;

	if (instance->child_stack == NULL && (instance->child_stack = map_stack()) == NULL)
		return throw_errno(env, errno, "mmap");
	if (read_spawn(env, info, &spawn)) {
		perform_spawn(&spawn, instance->child_stack);
		result = spawn.error != 0 ? throw_errno(env, spawn.error, spawn.syscall_name) : spawn_result(env, &spawn);
		if (result == NULL)
			abandon_spawn(&spawn);
	}
	free_spawn(&spawn);
	return result;
}
