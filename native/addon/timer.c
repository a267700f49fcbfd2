/* SPDX-License-Identifier: Apache-2.0 */
/* A timer that is a descriptor: exact to the kernel's own timers, where those of the event loop count milliseconds. */
#include "addon.h"

#include <errno.h>
#include <sys/timerfd.h>

/* timerOpen() -> fd */
napi_value timer_open_call(napi_env env, napi_callback_info info)
{
	napi_value result;
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	(void)info;
	if (fd < 0)
		return throw_errno(env, errno, "timerfd_create");
	CHECK(env, napi_create_int32(env, fd, &result));
	return result;
}

/* timerSet(fd, atNs): readable from then on, until it is set again; 0: never. */
napi_value timer_set_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	struct itimerspec at = { 0 };
	int64_t at_ns;
	int32_t fd;
	bool lossless;

	if (!get_arguments(env, info, 2, arguments) || !get_int(env, arguments[0], &fd))
		return NULL;
	if (napi_get_value_bigint_int64(env, arguments[1], &at_ns, &lossless) != napi_ok || !lossless || at_ns < 0) {
		napi_throw_type_error(env, "EINVAL", "not a time in nanoseconds");
		return NULL;
	}
	at.it_value.tv_sec = at_ns / 1000000000;
	at.it_value.tv_nsec = at_ns % 1000000000;
	if (timerfd_settime(fd, TFD_TIMER_ABSTIME, &at, NULL) < 0)
		return throw_errno(env, errno, "timerfd_settime");
	return NULL;
}
