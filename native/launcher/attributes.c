/* SPDX-License-Identifier: Apache-2.0 */
#include "launcher.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/ioprio.h is not in every libc's headers. */
#define IOPRIO_WHO_PROCESS 1
#define IOPRIO_CLASS_SHIFT 13
/* Largest CONFIG_NR_CPUS of any architecture (arch/x86/Kconfig). */
#define MAX_CPUS 8192
#define MASK_WORDS (MAX_CPUS / (8 * sizeof(unsigned long)))
#define BITS_PER_WORD (8 * sizeof(unsigned long))

/* Bounds the effective value of an attribute; an affinity list of single cpus is the longest. */
#define EFFECTIVE_SIZE 4096

static void report(const struct run_options *options, const char *name, int error, const char *effective)
{
	status_set(name, error, effective);
	if (error != 0 && options->strict)
		status_fail(name, error);
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int error = 0;

	if (fd < 0)
		return errno;
	if (write(fd, text, strlen(text)) < 0)
		error = errno;
	close(fd);
	return error;
}

/*
 * "0" means the writer. Through a v1 `tasks` file a single-threaded self-move skips the kernel's
 * global lock (commit 9a3284fad42f): microseconds instead of an RCU grace period.
 */
void apply_joins(const struct run_options *options)
{
	for (int i = 0; i < options->join_count; i++) {
		int error = write_file(options->joins[i].path, "0");

		report(options, "join", error, options->joins[i].path);
		if (error != 0 && options->joins[i].required)
			status_fail("join", error);
	}
}

static void apply_pgroup(const struct run_options *options)
{
	char effective[16];
	int error = 0;

	if (!options->pgroup)
		return;
	if (setpgid(0, 0) < 0)
		error = errno;
	snprintf(effective, sizeof(effective), "%d", (int)getpgrp());
	report(options, "pgroup", error, effective);
}

static void apply_oom_score(const struct run_options *options)
{
	static const char path[] = "/proc/self/oom_score_adj";
	char effective[16] = "-";
	int error, fd;

	if (options->oom_score == NULL)
		return;
	error = write_file(path, options->oom_score);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		ssize_t length = read(fd, effective, sizeof(effective) - 1);

		close(fd);
		if (length > 0)
			effective[effective[length - 1] == '\n' ? length - 1 : length] = '\0';
	}
	report(options, "oom-score", error, effective);
}

static void apply_nice(const struct run_options *options)
{
	char effective[16] = "-";
	long long value;
	int error = 0, now;

	if (options->nice == NULL)
		return;
	if (!parse_number(options->nice, INT_MIN, INT_MAX, &value))
		status_fail("usage", EINVAL);
	if (setpriority(PRIO_PROCESS, 0, (int)value) < 0)
		error = errno;
	errno = 0;
	now = getpriority(PRIO_PROCESS, 0);
	if (errno == 0)
		snprintf(effective, sizeof(effective), "%d", now);
	report(options, "nice", error, effective);
}

static void apply_ioprio(const struct run_options *options)
{
	char effective[32] = "-";
	long long class, level;
	long now;
	int error = 0;

	if (options->ioprio == NULL)
		return;
	if (!parse_pair(options->ioprio, ':', 0, 0x1fff, &class, &level))
		status_fail("usage", EINVAL);
	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, 0, (int)(class << IOPRIO_CLASS_SHIFT | level)) < 0)
		error = errno;
	now = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, 0);
	if (now >= 0)
		snprintf(effective, sizeof(effective), "%ld:%ld", now >> IOPRIO_CLASS_SHIFT,
			 now & ((1 << IOPRIO_CLASS_SHIFT) - 1));
	report(options, "ioprio", error, effective);
}

/* Raw calls: musl's wrappers refuse to set a policy. */
static void apply_sched(const struct run_options *options)
{
	char effective[32] = "-";
	struct sched_param param = { 0 };
	long long policy, priority;
	long now;
	int error = 0;

	if (options->sched == NULL)
		return;
	if (!parse_pair(options->sched, ':', 0, INT_MAX, &policy, &priority))
		status_fail("usage", EINVAL);
	param.sched_priority = (int)priority;
	if (syscall(SYS_sched_setscheduler, 0, (int)policy, &param) < 0)
		error = errno;
	now = syscall(SYS_sched_getscheduler, 0);
	if (now >= 0 && syscall(SYS_sched_getparam, 0, &param) == 0)
		snprintf(effective, sizeof(effective), "%ld:%d", now, param.sched_priority);
	report(options, "sched", error, effective);
}

static bool parse_cpu_list(const char *text, unsigned long *mask)
{
	char *copy = strdup(text), *rest = copy, *item;
	bool valid = copy != NULL && copy[0] != '\0';

	while (valid && (item = strsep(&rest, ",")) != NULL) {
		long long first, last;

		if (parse_number(item, 0, MAX_CPUS - 1, &first))
			last = first;
		else
			valid = parse_pair(item, '-', 0, MAX_CPUS - 1, &first, &last);
		for (long long cpu = first; valid && cpu <= last; cpu++)
			mask[cpu / BITS_PER_WORD] |= 1UL << (cpu % BITS_PER_WORD);
	}
	free(copy);
	return valid;
}

static bool has_cpu(const unsigned long *mask, unsigned cpu)
{
	return cpu < MAX_CPUS && (mask[cpu / BITS_PER_WORD] >> (cpu % BITS_PER_WORD) & 1) != 0;
}

static void format_cpu_list(const unsigned long *mask, char *out, size_t size)
{
	size_t used = 0;

	out[0] = '\0';
	for (unsigned cpu = 0; cpu < MAX_CPUS; cpu++) {
		unsigned last = cpu;

		if (!has_cpu(mask, cpu))
			continue;
		while (has_cpu(mask, last + 1))
			last++;
		if (used + 16 > size)
			return;
		used += (size_t)snprintf(out + used, size - used, "%s%u", used > 0 ? "," : "", cpu);
		if (last > cpu)
			used += (size_t)snprintf(out + used, size - used, "-%u", last);
		cpu = last;
	}
}

static void apply_affinity(const struct run_options *options)
{
	unsigned long mask[MASK_WORDS] = { 0 };
	char effective[EFFECTIVE_SIZE] = "-";
	int error = 0;

	if (options->affinity == NULL)
		return;
	if (!parse_cpu_list(options->affinity, mask))
		status_fail("usage", EINVAL);
	if (syscall(SYS_sched_setaffinity, 0, sizeof(mask), mask) < 0)
		error = errno;
	memset(mask, 0, sizeof(mask));
	if (syscall(SYS_sched_getaffinity, 0, sizeof(mask), mask) > 0)
		format_cpu_list(mask, effective, sizeof(effective));
	report(options, "affinity", error, effective);
}

static bool parse_limit(const char *text, rlim_t *limit)
{
	char *end;

	if (strcmp(text, "inf") == 0) {
		*limit = RLIM_INFINITY;
		return true;
	}
	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	*limit = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0';
}

static void format_limit(char *out, size_t size, rlim_t limit)
{
	if (limit == RLIM_INFINITY)
		snprintf(out, size, "inf");
	else
		snprintf(out, size, "%llu", (unsigned long long)limit);
}

/* RES=SOFT:HARD */
static bool parse_rlimit(const char *text, long long *resource, struct rlimit *limit)
{
	char copy[96];
	char *rest = copy, *item;

	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	item = strsep(&rest, "=");
	if (rest == NULL || !parse_number(item, 0, 255, resource))
		return false;
	item = strsep(&rest, ":");
	return rest != NULL && parse_limit(item, &limit->rlim_cur) && parse_limit(rest, &limit->rlim_max);
}

static void apply_rlimit(const struct run_options *options, const char *text)
{
	char name[16], soft[24], hard[24], effective[64] = "-";
	struct rlimit limit;
	long long resource;
	int error = 0;

	if (!parse_rlimit(text, &resource, &limit))
		status_fail("usage", EINVAL);
	if (setrlimit((int)resource, &limit) < 0)
		error = errno;
	if (getrlimit((int)resource, &limit) == 0) {
		format_limit(soft, sizeof(soft), limit.rlim_cur);
		format_limit(hard, sizeof(hard), limit.rlim_max);
		snprintf(effective, sizeof(effective), "%s:%s", soft, hard);
	}
	snprintf(name, sizeof(name), "rlimit.%lld", resource);
	report(options, name, error, effective);
}

/* Everything here may need privilege (raising a limit, a negative nice), so it precedes the uid drop. */
void apply_attributes(const struct run_options *options)
{
	apply_pgroup(options);
	apply_oom_score(options);
	apply_nice(options);
	apply_ioprio(options);
	apply_sched(options);
	apply_affinity(options);
	for (int i = 0; i < options->rlimit_count; i++)
		apply_rlimit(options, options->rlimits[i]);
}

static void apply_groups(const char *text)
{
	size_t capacity = strlen(text) / 2 + 1, count = 0;
	gid_t *list = calloc(capacity, sizeof(*list));
	char *copy = strdup(text), *rest = copy, *item;

	if (list == NULL || copy == NULL)
		status_fail("groups", ENOMEM);
	while (text[0] != '\0' && (item = strsep(&rest, ",")) != NULL) {
		long long group;

		if (!parse_number(item, 0, UINT_MAX - 1LL, &group))
			status_fail("usage", EINVAL);
		list[count++] = (gid_t)group;
	}
	if (setgroups(count, list) < 0)
		status_fail("groups", errno);
	status_set("groups", 0, text[0] == '\0' ? "-" : text);
	free(list);
	free(copy);
}

/*
 * Who the workload is. Never best effort: a workload that was to lose privilege must not run with it,
 * strict or not. Groups and gid go first because dropping the uid takes the right to change them.
 */
void apply_identity(const struct run_options *options)
{
	char effective[16];
	long long id;

	if (options->groups != NULL)
		apply_groups(options->groups);
	if (options->gid != NULL) {
		if (!parse_number(options->gid, 0, UINT_MAX - 1LL, &id))
			status_fail("usage", EINVAL);
		if (setresgid((gid_t)id, (gid_t)id, (gid_t)id) < 0)
			status_fail("gid", errno);
		snprintf(effective, sizeof(effective), "%u", getegid());
		status_set("gid", 0, effective);
	}
	if (options->uid != NULL) {
		if (!parse_number(options->uid, 0, UINT_MAX - 1LL, &id))
			status_fail("usage", EINVAL);
		if (setresuid((uid_t)id, (uid_t)id, (uid_t)id) < 0)
			status_fail("uid", errno);
		snprintf(effective, sizeof(effective), "%u", geteuid());
		status_set("uid", 0, effective);
	}
}
