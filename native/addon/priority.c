/* SPDX-License-Identifier: Apache-2.0 */
/* Nice value, IO priority and scheduling policy of one thread. Tid 0 is the caller; TypeScript never passes it. */
#include "addon.h"

#include <errno.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* linux/ioprio.h is not in every libc's headers. */
#define IOPRIO_WHO_PROCESS 1

/* linux/sched/types.h, SCHED_ATTR_SIZE_VER0: all that deadline scheduling needs. */
struct sched_attr_v0 {
	uint32_t size;
	uint32_t policy;
	uint64_t flags;
	int32_t nice;
	uint32_t priority;
	uint64_t runtime, deadline, period;
};
_Static_assert(sizeof(struct sched_attr_v0) == 48, "SCHED_ATTR_SIZE_VER0");

napi_value get_priority_call(napi_env env, napi_callback_info info)
{
	napi_value argument, result;
	int32_t tid;
	int nice;

	if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &tid))
		return NULL;
	/* -1 is also a nice value: only errno tells. */
	errno = 0;
	nice = getpriority(PRIO_PROCESS, (id_t)tid);
	if (errno != 0)
		return throw_errno(env, errno, "getpriority");
	CHECK(env, napi_create_int32(env, nice, &result));
	return result;
}

napi_value set_priority_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	int32_t tid, nice;

	if (!get_arguments(env, info, 2, arguments) || !get_int(env, arguments[0], &tid) ||
	    !get_int(env, arguments[1], &nice))
		return NULL;
	if (setpriority(PRIO_PROCESS, (id_t)tid, nice) < 0)
		return throw_errno(env, errno, "setpriority");
	return NULL;
}

napi_value ioprio_get_call(napi_env env, napi_callback_info info)
{
	napi_value argument, result;
	int32_t tid;
	long value;

	if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &tid))
		return NULL;
	value = syscall(SYS_ioprio_get, IOPRIO_WHO_PROCESS, tid);
	if (value < 0)
		return throw_errno(env, errno, "ioprio_get");
	CHECK(env, napi_create_int32(env, (int32_t)value, &result));
	return result;
}

napi_value ioprio_set_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	int32_t tid, value;

	if (!get_arguments(env, info, 2, arguments) || !get_int(env, arguments[0], &tid) ||
	    !get_int(env, arguments[1], &value))
		return NULL;
	if (syscall(SYS_ioprio_set, IOPRIO_WHO_PROCESS, tid, value) < 0)
		return throw_errno(env, errno, "ioprio_set");
	return NULL;
}

/* sched_getattr(2), because sched_getscheduler(2) does not tell the times of a deadline task. */
napi_value sched_getattr_call(napi_env env, napi_callback_info info)
{
	struct sched_attr_v0 attr = { .size = sizeof(attr) };
	const struct {
		const char *name;
		const uint64_t *value;
	} times[] = { { "runtimeNs", &attr.runtime }, { "deadlineNs", &attr.deadline }, { "periodNs", &attr.period } };
	napi_value argument, result, time;
	int32_t tid;

	if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &tid))
		return NULL;
	if (syscall(SYS_sched_getattr, tid, &attr, sizeof(attr), 0) < 0)
		return throw_errno(env, errno, "sched_getattr");
	CHECK(env, napi_create_object(env, &result));
	CHECK(env, set_number(env, result, "policy", attr.policy));
	CHECK(env, set_number(env, result, "flags", (double)attr.flags));
	CHECK(env, set_number(env, result, "nice", attr.nice));
	CHECK(env, set_number(env, result, "priority", attr.priority));
	for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		CHECK(env, napi_create_bigint_uint64(env, *times[i].value, &time));
		CHECK(env, napi_set_named_property(env, result, times[i].name, time));
	}
	return result;
}

/* The raw call: musl's wrapper refuses to set a policy. It leaves the nice value and a fair task's slice alone. */
napi_value sched_setscheduler_call(napi_env env, napi_callback_info info)
{
	struct sched_param param = { 0 };
	napi_value arguments[3];
	int32_t tid, policy, priority;

	if (!get_arguments(env, info, 3, arguments) || !get_int(env, arguments[0], &tid) ||
	    !get_int(env, arguments[1], &policy) || !get_int(env, arguments[2], &priority))
		return NULL;
	param.sched_priority = priority;
	if (syscall(SYS_sched_setscheduler, tid, policy, &param) < 0)
		return throw_errno(env, errno, "sched_setscheduler");
	return NULL;
}

/* schedSetDeadline(tid, policy, flags, runtimeNs, deadlineNs, periodNs) */
napi_value sched_set_deadline_call(napi_env env, napi_callback_info info)
{
	struct sched_attr_v0 attr = { .size = sizeof(attr) };
	uint64_t *const times[] = { &attr.runtime, &attr.deadline, &attr.period };
	napi_value arguments[6];
	int32_t tid, policy, flags;
	bool lossless;

	if (!get_arguments(env, info, 6, arguments) || !get_int(env, arguments[0], &tid) ||
	    !get_int(env, arguments[1], &policy) || !get_int(env, arguments[2], &flags))
		return NULL;
	attr.policy = (uint32_t)policy;
	attr.flags = (uint32_t)flags;
	for (size_t i = 0; i < 3; i++)
		CHECK(env, napi_get_value_bigint_uint64(env, arguments[3 + i], times[i], &lossless));
	if (syscall(SYS_sched_setattr, tid, &attr, 0) < 0)
		return throw_errno(env, errno, "sched_setattr");
	return NULL;
}
