/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The spawn on a thread of libuv's pool: vfork suspends that one, the event loop goes on. Between its
 * start and the moment when JavaScript watches it, a child belongs to this file: should the environment
 * end meanwhile, nobody else could ever reap it.
 *
 *   queued --pool thread--> performed --resolved--> unclaimed --claim_child()--> JavaScript's
 *                               |                       |
 *                               +--cannot be resolved---+--environment ends--> killed and reaped
 */
#include "spawn.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>

struct work {
	struct spawn spawn;
	napi_async_work handle;
	napi_deferred deferred;
	/* In the instance's list of unclaimed children. */
	struct work *next;
};

static void free_work(struct work *work)
{
	free_spawn(&work->spawn);
	free(work);
}

/* On the pool's thread. The guard page and the stack are its own, because others spawn at the same time. */
static void execute(napi_env env, void *data)
{
	struct spawn *spawn = &((struct work *)data)->spawn;
	void *stack = map_stack();

	(void)env;
	if (stack == NULL) {
		spawn->error = errno;
		spawn->syscall_name = "mmap";
		return;
	}
	perform_spawn(spawn, stack);
	munmap(stack, CHILD_STACK_BYTES);
}

static bool settle(napi_env env, struct work *work)
{
	const struct spawn *spawn = &work->spawn;
	napi_value outcome;

	if (spawn->error == 0)
		return (outcome = spawn_result(env, spawn)) != NULL &&
		       napi_resolve_deferred(env, work->deferred, outcome) == napi_ok;
	outcome = errno_error(env, spawn->error, spawn->syscall_name);
	return outcome != NULL && napi_reject_deferred(env, work->deferred, outcome) == napi_ok;
}

/* Runs in the event loop, also while the environment ends: then nothing can be settled any more. */
static void complete(napi_env env, napi_status status, void *data)
{
	struct instance *instance = instance_of(env);
	struct work *work = data;

	if (status == napi_cancelled) {
		work->spawn.error = ECANCELED;
		work->spawn.syscall_name = "uv_queue_work";
	}
	napi_delete_async_work(env, work->handle);
	if (!settle(env, work))
		abandon_spawn(&work->spawn);
	if (work->spawn.pidfd < 0) {
		free_work(work);
		return;
	}
	work->next = instance->unclaimed;
	instance->unclaimed = work;
}

void claim_child(struct instance *instance, int pidfd)
{
	struct work **link = &instance->unclaimed;

	while (*link != NULL && (*link)->spawn.pidfd != pidfd)
		link = &(*link)->next;
	if (*link != NULL) {
		struct work *work = *link;

		*link = work->next;
		free_work(work);
	}
}

/* claimChild(pidfd): as watchFd and close do it. */
napi_value claim_child_call(napi_env env, napi_callback_info info)
{
	napi_value argument;
	int32_t pidfd;

	if (get_arguments(env, info, 1, &argument) && get_int(env, argument, &pidfd))
		claim_child(instance_of(env), pidfd);
	return NULL;
}

void abandon_unclaimed(struct instance *instance)
{
	while (instance->unclaimed != NULL) {
		struct work *work = instance->unclaimed;

		instance->unclaimed = work->next;
		abandon_spawn(&work->spawn);
		free_work(work);
	}
}

/* spawnAsync(file, argv, env, cwd, fds, cgroup, readMs) */
napi_value spawn_async(napi_env env, napi_callback_info info)
{
	struct work *work = calloc(1, sizeof(*work));
	napi_value name, promise;

	if (work == NULL)
		return throw_errno(env, ENOMEM, "calloc");
	if (!read_spawn(env, info, &work->spawn))
		goto failed;
	if (napi_create_string_latin1(env, "CorralSpawn", NAPI_AUTO_LENGTH, &name) != napi_ok ||
	    napi_create_async_work(env, NULL, name, execute, complete, work, &work->handle) != napi_ok)
		goto not_queued;
	if (napi_create_promise(env, &work->deferred, &promise) == napi_ok &&
	    napi_queue_async_work(env, work->handle) == napi_ok)
		return promise;
	napi_delete_async_work(env, work->handle);
not_queued:
	throw_napi_error(env, "spawnAsync");
failed:
	free_work(work);
	return NULL;
}
