/* SPDX-License-Identifier: Apache-2.0 */
/* The CPUs a thread may run on, as a list of their numbers; no limit of ours on how many the machine has. */
#include "addon.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define BITS_PER_WORD (8 * sizeof(unsigned long))
/* Bounds the memory of a wrong number only: kernels are built for 8192 CPUs at most. */
#define MAX_CPU (1 << 20)

/* The mask in words of `*size` bytes in all, grown until the kernel's own fits (EINVAL until then). */
static unsigned long *read_mask(int tid, long *size, int *error)
{
	for (size_t bytes = 128; bytes <= MAX_CPU / 8; bytes *= 2) {
		unsigned long *mask = calloc(1, bytes);

		*error = ENOMEM;
		if (mask == NULL)
			return NULL;
		*size = syscall(SYS_sched_getaffinity, tid, bytes, mask);
		if (*size >= 0)
			return mask;
		*error = errno;
		free(mask);
		if (*error != EINVAL)
			return NULL;
	}
	return NULL;
}

static napi_value to_array(napi_env env, const unsigned long *mask, size_t bytes)
{
	napi_value result, number;
	uint32_t count = 0;

	CHECK(env, napi_create_array(env, &result));
	for (size_t cpu = 0; cpu < bytes * 8; cpu++) {
		if ((mask[cpu / BITS_PER_WORD] >> (cpu % BITS_PER_WORD) & 1) == 0)
			continue;
		CHECK(env, napi_create_uint32(env, (uint32_t)cpu, &number));
		CHECK(env, napi_set_element(env, result, count++, number));
	}
	return result;
}

napi_value sched_getaffinity_call(napi_env env, napi_callback_info info)
{
	napi_value argument, result;
	unsigned long *mask;
	int32_t tid;
	long bytes;
	int error;

	if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &tid))
		return NULL;
	mask = read_mask(tid, &bytes, &error);
	if (mask == NULL)
		return throw_errno(env, error, "sched_getaffinity");
	result = to_array(env, mask, (size_t)bytes);
	free(mask);
	return result;
}

/* The numbers of an array, which may be in any order; NULL with an exception pending, else the caller frees it. */
static unsigned long *to_mask(napi_env env, napi_value array, size_t *bytes)
{
	unsigned long *mask = NULL, *grown;
	size_t words = 0;
	uint32_t count;
	napi_value item;
	int32_t cpu;

	CHECK(env, napi_get_array_length(env, array, &count));
	for (uint32_t i = 0; i < count; i++) {
		if (napi_get_element(env, array, i, &item) != napi_ok || !get_int(env, item, &cpu))
			goto failed;
		if (cpu < 0 || cpu >= MAX_CPU) {
			throw_errno(env, EINVAL, "sched_setaffinity");
			goto failed;
		}
		if ((size_t)cpu / BITS_PER_WORD >= words) {
			size_t needed = (size_t)cpu / BITS_PER_WORD + 1;

			grown = realloc(mask, needed * sizeof(*mask));
			if (grown == NULL) {
				throw_errno(env, ENOMEM, "realloc");
				goto failed;
			}
			mask = grown;
			memset(mask + words, 0, (needed - words) * sizeof(*mask));
			words = needed;
		}
		mask[(size_t)cpu / BITS_PER_WORD] |= 1UL << ((size_t)cpu % BITS_PER_WORD);
	}
	*bytes = words * sizeof(*mask);
	if (mask == NULL)
		throw_errno(env, EINVAL, "sched_setaffinity");
	return mask;
failed:
	free(mask);
	return NULL;
}

napi_value sched_setaffinity_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	unsigned long *mask;
	size_t bytes = 0;
	int32_t tid;
	int error = 0;

	if (!get_arguments(env, info, 2, arguments) || !get_int(env, arguments[0], &tid))
		return NULL;
	mask = to_mask(env, arguments[1], &bytes);
	if (mask == NULL)
		return NULL;
	if (syscall(SYS_sched_setaffinity, tid, bytes, mask) < 0)
		error = errno;
	free(mask);
	return error == 0 ? NULL : throw_errno(env, error, "sched_setaffinity");
}
