/* SPDX-License-Identifier: Apache-2.0 */
/* Resource limits of another process (prlimit(2)); null is RLIM_INFINITY. */
#include "addon.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's struct rlimit64, whatever the width of libc's rlim_t. */
struct limit {
	uint64_t soft, hard;
};
#define INFINITE UINT64_MAX

static bool read_limit(napi_env env, napi_value value, uint64_t *limit)
{
	napi_valuetype type;
	bool lossless = false;

	if (napi_typeof(env, value, &type) != napi_ok)
		return false;
	*limit = INFINITE;
	if (type == napi_null)
		return true;
	if (napi_get_value_bigint_uint64(env, value, limit, &lossless) == napi_ok && lossless)
		return true;
	napi_throw_type_error(env, "EINVAL", "a limit is not null and not a bigint of 64 bits");
	return false;
}

static napi_status create_limit(napi_env env, uint64_t limit, napi_value *value)
{
	return limit == INFINITE ? napi_get_null(env, value) : napi_create_bigint_uint64(env, limit, value);
}

/* prlimitGet(pid, resource) -> [soft, hard] */
napi_value prlimit_get_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[2], result, soft, hard;
	int32_t pid, resource;
	struct limit limit;

	if (!get_arguments(env, info, 2, arguments) || !get_int(env, arguments[0], &pid) ||
	    !get_int(env, arguments[1], &resource))
		return NULL;
	if (syscall(SYS_prlimit64, pid, resource, NULL, &limit) < 0)
		return throw_errno(env, errno, "prlimit");
	CHECK(env, create_limit(env, limit.soft, &soft));
	CHECK(env, create_limit(env, limit.hard, &hard));
	CHECK(env, napi_create_array_with_length(env, 2, &result));
	CHECK(env, napi_set_element(env, result, 0, soft));
	CHECK(env, napi_set_element(env, result, 1, hard));
	return result;
}

/* prlimitSet(pid, resource, soft, hard) */
napi_value prlimit_set_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[4];
	int32_t pid, resource;
	struct limit limit;

	if (!get_arguments(env, info, 4, arguments) || !get_int(env, arguments[0], &pid) ||
	    !get_int(env, arguments[1], &resource) || !read_limit(env, arguments[2], &limit.soft) ||
	    !read_limit(env, arguments[3], &limit.hard))
		return NULL;
	if (syscall(SYS_prlimit64, pid, resource, &limit, NULL) < 0)
		return throw_errno(env, errno, "prlimit");
	return NULL;
}
