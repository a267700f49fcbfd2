/* SPDX-License-Identifier: Apache-2.0 */
/* The tether lives beside a workload that must not outlive its Corral. */
#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* pidfd_send_signal(2), Linux 6.9: the pidfd names the whole process group. */
#define SIGNAL_PROCESS_GROUP (1u << 2)
/* Same number on every architecture; older headers lack them. */
#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* How often the groups are looked at while they empty. */
#define POLL_MS 5
/*
 * Bounds of the clean-up after SIGKILL, so that a process stuck in the kernel cannot keep a tether
 * for ever; what is left then is found by `corral gc`.
 */
#define KILL_LIMIT_MS 60000
#define RMDIR_LIMIT_MS 1000
/* Processes signalled per reading of a procs file: bounds open pidfds, not the size of the group. */
#define BATCH 256

struct tether {
	long long grace_ms;
	const char **procs;
	int procs_count;
	const char *kill_path;
	const char **rmdirs;
	int rmdir_count;
	pid_t pgid;  /* 0: none */
	int pgid_fd; /* pidfd of the group's leader, -1 when it cannot be had */
};

static void sleep_ms(int ms)
{
	poll(NULL, 0, ms);
}

/* Fills pids with up to max entries after skipping `skip`; returns how many, 0 also when unreadable. */
static int read_pids(const char *path, pid_t *pids, int max, int skip)
{
	char buffer[4096];
	int fd = open(path, O_RDONLY | O_CLOEXEC), count = 0;
	long pid = 0;
	ssize_t length;

	if (fd < 0)
		return 0;
	while (count < max && (length = read(fd, buffer, sizeof(buffer))) > 0) {
		for (ssize_t i = 0; i < length && count < max; i++) {
			if (buffer[i] >= '0' && buffer[i] <= '9') {
				pid = pid * 10 + (buffer[i] - '0');
				continue;
			}
			/* "0" stands for a process outside our pid namespace: not ours to signal. */
			if (pid > 0 && skip-- <= 0)
				pids[count++] = (pid_t)pid;
			pid = 0;
		}
	}
	close(fd);
	return count;
}

static bool lists_pid(const char *path, pid_t wanted)
{
	pid_t pids[BATCH];
	int seen = 0, count;

	while ((count = read_pids(path, pids, BATCH, seen)) > 0) {
		for (int i = 0; i < count; i++)
			if (pids[i] == wanted)
				return true;
		seen += count;
	}
	return false;
}

/*
 * A number read from a file may belong to somebody else by the time it is signalled. The pidfd
 * pins the process, and only then the membership is checked (design rule 4).
 */
static void signal_member(const char *path, pid_t pid, int signal_number)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd >= 0) {
		if (lists_pid(path, pid))
			syscall(SYS_pidfd_send_signal, fd, signal_number, NULL, 0);
		close(fd);
	} else if (errno == ENOSYS) {
		kill(pid, signal_number);
	}
}

static void signal_group(const char *path, int signal_number)
{
	pid_t pids[BATCH];
	int seen = 0, count;

	while ((count = read_pids(path, pids, BATCH, seen)) > 0) {
		for (int i = 0; i < count; i++)
			signal_member(path, pids[i], signal_number);
		seen += count;
	}
}

/* Signal 0 asks whether anybody is left. */
static int signal_pgroup(const struct tether *tether, int signal_number)
{
	if (tether->pgid_fd >= 0) {
		if (syscall(SYS_pidfd_send_signal, tether->pgid_fd, signal_number, NULL, SIGNAL_PROCESS_GROUP) == 0)
			return 0;
		if (errno != EINVAL)
			return -1;
	}
	return kill(-tether->pgid, signal_number);
}

static void signal_all(const struct tether *tether, int signal_number)
{
	for (int i = 0; i < tether->procs_count; i++)
		signal_group(tether->procs[i], signal_number);
	if (tether->pgid > 0)
		signal_pgroup(tether, signal_number);
}

static bool is_empty(const struct tether *tether)
{
	pid_t pid;

	for (int i = 0; i < tether->procs_count; i++)
		if (read_pids(tether->procs[i], &pid, 1, 0) > 0)
			return false;
	return tether->pgid == 0 || signal_pgroup(tether, 0) < 0;
}

static bool write_kill(const char *path)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written;

	if (fd < 0)
		return false;
	written = write(fd, "1", 1) == 1;
	close(fd);
	return written;
}

static void end_workload(const struct tether *tether)
{
	long long deadline = now_ms() + tether->grace_ms;

	signal_all(tether, SIGTERM);
	while (!is_empty(tether) && now_ms() < deadline)
		sleep_ms(POLL_MS);

	/* Also when all seems empty: the kill file reaches child groups that no procs file lists. */
	if (tether->kill_path != NULL)
		write_kill(tether->kill_path);
	deadline = now_ms() + KILL_LIMIT_MS;
	while (!is_empty(tether) && now_ms() < deadline) {
		signal_all(tether, SIGKILL);
		sleep_ms(POLL_MS);
	}

	/* A killed process leaves the procs file a moment before its group may be removed. */
	deadline = now_ms() + RMDIR_LIMIT_MS;
	for (int i = 0; i < tether->rmdir_count; i++)
		while (rmdir(tether->rmdirs[i]) < 0 && errno == EBUSY && now_ms() < deadline)
			sleep_ms(POLL_MS);
}

static bool parse_options(int argc, char **argv, struct tether *tether)
{
	long long number;

	for (int i = 0; i + 1 < argc; i += 2) {
		const char *name = argv[i], *value = argv[i + 1];

		if (strcmp(name, "--grace-ms") == 0) {
			if (!parse_number(value, 0, INT_MAX, &tether->grace_ms))
				return false;
		} else if (strcmp(name, "--pgid") == 0) {
			/* 1 is init's group; -1 would be everybody. */
			if (!parse_number(value, 2, INT_MAX, &number))
				return false;
			tether->pgid = (pid_t)number;
		} else if (strcmp(name, "--procs") == 0) {
			tether->procs[tether->procs_count++] = value;
		} else if (strcmp(name, "--rmdir") == 0) {
			tether->rmdirs[tether->rmdir_count++] = value;
		} else if (strcmp(name, "--kill") == 0) {
			tether->kill_path = value;
		} else {
			return false;
		}
	}
	return argc % 2 == 0 && tether->grace_ms >= 0;
}

int tether_main(int argc, char **argv)
{
	struct tether tether = { .grace_ms = -1, .pgid_fd = -1 };

	outlive_corral();
	tether.procs = calloc((size_t)argc + 1, sizeof(*tether.procs));
	tether.rmdirs = calloc((size_t)argc + 1, sizeof(*tether.rmdirs));
	if (tether.procs == NULL || tether.rmdirs == NULL || !parse_options(argc, argv, &tether))
		return EXIT_TETHER_FAILED;
	if (tether.pgid > 0)
		tether.pgid_fd = (int)syscall(SYS_pidfd_open, tether.pgid, 0);
	if (!wait_for_goodbye(-1))
		end_workload(&tether);
	return 0;
}
