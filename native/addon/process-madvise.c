/* SPDX-License-Identifier: Apache-2.0 */
/* Advice about the memory of another process, on a thread of libuv's pool: paging out takes as long as the pages are many. */
#include "addon.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif

struct advice {
	napi_async_work handle;
	napi_deferred deferred;
	int pidfd;
	int advice;
	int error;
	ssize_t advised;
	size_t count;
	struct iovec ranges[];
};

static void execute(napi_env env, void *data)
{
	struct advice *work = data;

	(void)env;
	work->advised = syscall(SYS_process_madvise, work->pidfd, work->ranges, work->count, work->advice, 0);
	work->error = work->advised < 0 ? errno : 0;
}

static bool settle(napi_env env, struct advice *work)
{
	napi_value outcome;

	if (work->error != 0) {
		outcome = errno_error(env, work->error, "process_madvise");
		return outcome != NULL && napi_reject_deferred(env, work->deferred, outcome) == napi_ok;
	}
	return napi_create_double(env, (double)work->advised, &outcome) == napi_ok &&
	       napi_resolve_deferred(env, work->deferred, outcome) == napi_ok;
}

/* While the environment ends nothing can be settled any more, and nobody waits for it. */
static void complete(napi_env env, napi_status status, void *data)
{
	struct advice *work = data;

	if (status == napi_cancelled)
		work->error = ECANCELED;
	settle(env, work);
	napi_delete_async_work(env, work->handle);
	close(work->pidfd);
	free(work);
}

/* Address and length of every range, two numbers each; NULL with an exception pending. */
static struct advice *read_ranges(napi_env env, napi_value argument)
{
	napi_typedarray_type type;
	struct advice *work;
	uint64_t *numbers;
	size_t length;

	if (napi_get_typedarray_info(env, argument, &type, &length, (void **)&numbers, NULL, NULL) != napi_ok ||
	    type != napi_biguint64_array || length == 0 || length % 2 != 0 || length / 2 > IOV_MAX) {
		napi_throw_type_error(env, "EINVAL", "the ranges are not a BigUint64Array of pairs, IOV_MAX at most");
		return NULL;
	}
	work = calloc(1, sizeof(*work) + length / 2 * sizeof(work->ranges[0]));
	if (work == NULL) {
		throw_errno(env, ENOMEM, "calloc");
		return NULL;
	}
	work->count = length / 2;
	for (size_t i = 0; i < work->count; i++) {
		work->ranges[i].iov_base = (void *)(uintptr_t)numbers[2 * i];
		work->ranges[i].iov_len = (size_t)numbers[2 * i + 1];
	}
	return work;
}

/* processMadvise(pidfd, ranges, advice): the descriptor is duplicated, so that the caller may close it at once. */
napi_value process_madvise_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[3], name, promise;
	struct advice *work;
	int32_t pidfd, advice;

	if (!get_arguments(env, info, 3, arguments) || !get_int(env, arguments[0], &pidfd) ||
	    !get_int(env, arguments[2], &advice))
		return NULL;
	work = read_ranges(env, arguments[1]);
	if (work == NULL)
		return NULL;
	work->advice = advice;
	work->pidfd = fcntl(pidfd, F_DUPFD_CLOEXEC, 0);
	if (work->pidfd < 0) {
		throw_errno(env, errno, "fcntl");
		goto failed;
	}
	if (napi_create_string_latin1(env, "CorralAdvice", NAPI_AUTO_LENGTH, &name) != napi_ok ||
	    napi_create_async_work(env, NULL, name, execute, complete, work, &work->handle) != napi_ok)
		goto not_queued;
	if (napi_create_promise(env, &work->deferred, &promise) == napi_ok &&
	    napi_queue_async_work(env, work->handle) == napi_ok)
		return promise;
	napi_delete_async_work(env, work->handle);
not_queued:
	throw_napi_error(env, "processMadvise");
	close(work->pidfd);
failed:
	free(work);
	return NULL;
}
