/* SPDX-License-Identifier: Apache-2.0 */
#include "addon.h"

#include <errno.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_pidfd_send_signal
#define SYS_pidfd_send_signal 424
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/* linux/pidfd.h, Linux 6.13 (exit information: 6.15); spelled here because headers are older. */
struct pidfd_info_v0 {
	uint64_t mask;
	uint64_t cgroup_id;
	uint32_t pid, tgid, ppid;
	uint32_t ruid, rgid, euid, egid, suid, sgid, fsuid, fsgid;
	int32_t exit_code;
};
_Static_assert(sizeof(struct pidfd_info_v0) == 64, "PIDFD_INFO_SIZE_VER0");
#define PIDFD_GET_INFO_V0 _IOWR(0xFF, 11, struct pidfd_info_v0)
_Static_assert(PIDFD_GET_INFO_V0 == 0xC040FF0B, "PIDFD_GET_INFO");
#define INFO_PID 1
#define INFO_CREDS 2
#define INFO_CGROUPID 4
#define INFO_EXIT 8

napi_value pidfd_open_call(napi_env env, napi_callback_info info)
{
	napi_value argument, result;
	int32_t pid;
	long fd;

	if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &pid))
		return NULL;
	fd = syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0)
		return throw_errno(env, errno, "pidfd_open");
	CHECK(env, napi_create_int32(env, (int32_t)fd, &result));
	return result;
}

napi_value pidfd_send_signal_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	int32_t fd, number;

	if (!get_arguments(env, info, 2, arguments) || !get_int(env, arguments[0], &fd) ||
	    !get_int(env, arguments[1], &number))
		return NULL;
	if (syscall(SYS_pidfd_send_signal, fd, number, NULL, 0) < 0)
		return throw_errno(env, errno, "pidfd_send_signal");
	return NULL;
}

static napi_value info_object(napi_env env, const struct pidfd_info_v0 *data)
{
	const struct {
		const char *name;
		uint32_t value;
	} numbers[] = {
		{ "pid", data->pid },	{ "tgid", data->tgid }, { "ppid", data->ppid },
		{ "ruid", data->ruid }, { "rgid", data->rgid }, { "euid", data->euid },
		{ "egid", data->egid }, { "suid", data->suid }, { "sgid", data->sgid },
		{ "fsuid", data->fsuid }, { "fsgid", data->fsgid },
	};
	napi_value result, cgroup_id;

	CHECK(env, napi_create_object(env, &result));
	CHECK(env, set_number(env, result, "mask", (double)data->mask));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		CHECK(env, set_number(env, result, numbers[i].name, numbers[i].value));
	CHECK(env, napi_create_bigint_uint64(env, data->cgroup_id, &cgroup_id));
	CHECK(env, napi_set_named_property(env, result, "cgroupId", cgroup_id));
	if (data->mask & INFO_EXIT)
		CHECK(env, set_number(env, result, "exitStatus", data->exit_code));
	else
		CHECK(env, set_null(env, result, "exitStatus"));
	return result;
}

int pidfd_group(int pidfd, uint64_t *group)
{
	struct pidfd_info_v0 data = { .mask = INFO_CGROUPID };

	if (ioctl(pidfd, PIDFD_GET_INFO_V0, &data) < 0)
		return -1;
	*group = data.cgroup_id;
	return data.mask & INFO_CGROUPID ? 0 : -1;
}

napi_value pidfd_info_call(napi_env env, napi_callback_info info)
{
	struct pidfd_info_v0 data = { .mask = INFO_PID | INFO_CREDS | INFO_CGROUPID | INFO_EXIT };
	napi_value argument, result;
	int32_t fd;

	if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &fd))
		return NULL;
	if (ioctl(fd, PIDFD_GET_INFO_V0, &data) == 0)
		return info_object(env, &data);
	if (errno != EINVAL && errno != ENOTTY)
		return throw_errno(env, errno, "ioctl(PIDFD_GET_INFO)");
	CHECK(env, napi_get_null(env, &result));
	return result;
}

static double to_microseconds(struct timeval time)
{
	return (double)time.tv_sec * 1e6 + (double)time.tv_usec;
}

static napi_value exit_object(napi_env env, const siginfo_t *info, const struct rusage *usage)
{
	const struct {
		const char *name;
		double value;
	} numbers[] = {
		{ "userUs", to_microseconds(usage->ru_utime) },
		{ "sysUs", to_microseconds(usage->ru_stime) },
		{ "maxRssBytes", (double)usage->ru_maxrss * 1024 },
		{ "minorFaults", (double)usage->ru_minflt },
		{ "majorFaults", (double)usage->ru_majflt },
		{ "inBlocks", (double)usage->ru_inblock },
		{ "outBlocks", (double)usage->ru_oublock },
		{ "voluntarySwitches", (double)usage->ru_nvcsw },
		{ "involuntarySwitches", (double)usage->ru_nivcsw },
	};
	bool exited = info->si_code == CLD_EXITED;
	napi_value result, core;

	CHECK(env, napi_create_object(env, &result));
	if (exited) {
		CHECK(env, set_number(env, result, "code", info->si_status));
		CHECK(env, set_null(env, result, "signal"));
	} else {
		CHECK(env, set_null(env, result, "code"));
		CHECK(env, set_number(env, result, "signal", info->si_status));
	}
	CHECK(env, napi_get_boolean(env, info->si_code == CLD_DUMPED, &core));
	CHECK(env, napi_set_named_property(env, result, "coreDumped", core));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		CHECK(env, set_number(env, result, numbers[i].name, numbers[i].value));
	return result;
}

/* The raw call, because libc's waitid has no place for the resource usage. */
napi_value wait_pidfd_call(napi_env env, napi_callback_info info)
{
	napi_value argument, result;
	struct rusage usage;
	siginfo_t state = { 0 };
	int32_t fd;

	if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &fd))
		return NULL;
	if (syscall(SYS_waitid, P_PIDFD, fd, &state, WEXITED | WNOHANG, &usage) < 0)
		return throw_errno(env, errno, "waitid");
	if (state.si_pid != 0)
		return exit_object(env, &state, &usage);
	CHECK(env, napi_get_null(env, &result));
	return result;
}
