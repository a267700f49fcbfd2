/* SPDX-License-Identifier: Apache-2.0 */
/* What JavaScript says to the mover of a BPF source, and hears from it (bpf-mover.c). */
#include "bpf-mover.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Copies 32-bit numbers; false with an exception pending. */
static bool get_numbers(napi_env env, napi_value value, uint32_t *numbers, unsigned most, unsigned *count)
{
	void *data;
	size_t bytes;

	if (!get_typed_bytes(env, value, napi_uint32_array, &data, &bytes))
		return false;
	if (bytes > most * sizeof(*numbers)) {
		throw_errno(env, E2BIG, "bpfMoverReset");
		return false;
	}
	memcpy(numbers, data, bytes);
	*count = (unsigned)(bytes / sizeof(*numbers));
	return true;
}

/* bpfMoverReset(handle, mounts, spared): programs and groups are forgotten. */
napi_value bpf_mover_reset_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[3];
	struct mover *mover;

	if (!get_arguments(env, info, 3, arguments) || (mover = bpf_mover_of(env, arguments[0])) == NULL)
		return NULL;
	mover_lock(mover);
	mover_forget(mover);
	if (get_numbers(env, arguments[1], mover->mounts, MOVER_MOUNTS, &mover->mount_count))
		get_numbers(env, arguments[2], mover->spared, MOVER_SPARED, &mover->spared_count);
	mover_unlock(mover);
	return NULL;
}

/* A byte string that fits, its length without the NUL; -1 with an exception pending. */
static ssize_t get_short_text(napi_env env, napi_value value, char *bytes, size_t room)
{
	size_t length;

	if (napi_get_value_string_latin1(env, value, NULL, 0, &length) != napi_ok) {
		napi_throw_type_error(env, "EINVAL", "an argument is not a string");
		return -1;
	}
	if (length >= room) {
		throw_errno(env, ENAMETOOLONG, "bpfMoverProgram");
		return -1;
	}
	return napi_get_value_string_latin1(env, value, bytes, room, &length) == napi_ok ? (ssize_t)length : -1;
}

/* All of a program but where it goes; false with an exception pending. */
static bool get_program(napi_env env, const napi_value *arguments, struct mover_program *program)
{
	char comm[sizeof(program->comm) + 1], exe[PATH_MAX];
	ssize_t comm_bytes = get_short_text(env, arguments[1], comm, sizeof(comm));
	ssize_t exe_bytes = comm_bytes < 0 ? -1 : get_short_text(env, arguments[2], exe, sizeof(exe));
	int32_t any_mounts;

	if (exe_bytes < 0 || !get_int(env, arguments[3], &any_mounts))
		return false;
	if (napi_get_value_uint32(env, arguments[0], &program->uid) != napi_ok ||
	    napi_get_value_uint32(env, arguments[5], &program->id) != napi_ok) {
		napi_throw_type_error(env, "EINVAL", "an argument is not a number");
		return false;
	}
	program->any_mounts = any_mounts != 0;
	memset(program->comm, 0, sizeof(program->comm));
	memcpy(program->comm, comm, (size_t)comm_bytes < sizeof(program->comm) ? (size_t)comm_bytes : sizeof(program->comm));
	program->exe_bytes = (size_t)exe_bytes;
	program->exe = malloc((size_t)exe_bytes + 1);
	if (program->exe == NULL) {
		throw_errno(env, ENOMEM, "malloc");
		return false;
	}
	memcpy(program->exe, exe, (size_t)exe_bytes);
	return true;
}

/* bpfMoverProgram(handle, uid, comm, exe, anyMounts, procs, id): its processes go into that group from now on. */
napi_value bpf_mover_program_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[7];
	struct mover_program program;
	struct mover *mover;
	char procs[PATH_MAX];

	if (!get_arguments(env, info, 7, arguments) || (mover = bpf_mover_of(env, arguments[0])) == NULL)
		return NULL;
	if (mover->program_count == MOVER_PROGRAMS)
		return throw_errno(env, ENOSPC, "bpfMoverProgram");
	if (get_short_text(env, arguments[5], procs, sizeof(procs)) < 0 || !get_program(env, arguments + 1, &program))
		return NULL;
	program.procs = open(procs, O_WRONLY | O_CLOEXEC | O_NONBLOCK);
	if (program.procs < 0) {
		int error = errno;

		free(program.exe);
		return throw_errno(env, error, "open");
	}
	mover_lock(mover);
	mover->programs[mover->program_count++] = program;
	mover_unlock(mover);
	return NULL;
}

/* bpfMoverGroup(handle, id): whoever executes a program in that group may be moved out of it from now on. */
napi_value bpf_mover_group_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[2];
	struct mover *mover;
	uint64_t id;
	bool lossless;

	if (!get_arguments(env, info, 2, arguments) || (mover = bpf_mover_of(env, arguments[0])) == NULL)
		return NULL;
	CHECK(env, napi_get_value_bigint_uint64(env, arguments[1], &id, &lossless));
	mover_lock(mover);
	mover_know_group(mover, id);
	mover_unlock(mover);
	return NULL;
}

/* bpfMoverTake(handle, rows) -> how many moves it has put there, seven numbers each; the others are told next time. */
napi_value bpf_mover_take_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[2], result;
	struct mover *mover;
	void *rows;
	size_t bytes;
	unsigned count;

	if (!get_arguments(env, info, 2, arguments) || (mover = bpf_mover_of(env, arguments[0])) == NULL ||
	    !get_typed_bytes(env, arguments[1], napi_bigint64_array, &rows, &bytes))
		return NULL;
	count = (unsigned)(bytes / sizeof(struct mover_move));
	mover_lock(mover);
	if (count > mover->move_count)
		count = mover->move_count;
	memcpy(rows, mover->moves, count * sizeof(struct mover_move));
	mover->move_count -= count;
	memmove(mover->moves, mover->moves + count, mover->move_count * sizeof(struct mover_move));
	mover_unlock(mover);
	CHECK(env, napi_create_uint32(env, count, &result));
	return result;
}

/* bpfMoverThread(handle) -> id of the thread that runs it from now on, beside the event loop; the same one each time */
napi_value bpf_mover_thread_call(napi_env env, napi_callback_info info)
{
	napi_value argument, result;
	struct mover *mover;
	const char *call;
	int error;

	if (!get_arguments(env, info, 1, &argument) || (mover = bpf_mover_of(env, argument)) == NULL)
		return NULL;
	error = mover_start(mover, &call);
	if (error != 0)
		return throw_errno(env, error, call);
	CHECK(env, napi_create_int32(env, mover->thread.tid, &result));
	return result;
}

/* bpfMoverHold(handle): nobody is moved by it, until as many calls of bpfMoverRelease. */
napi_value bpf_mover_hold_call(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct mover *mover;

	if (get_arguments(env, info, 1, &argument) && (mover = bpf_mover_of(env, argument)) != NULL)
		mover_lock(mover);
	return NULL;
}

/* bpfMoverRelease(handle) */
napi_value bpf_mover_release_call(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct mover *mover;

	if (get_arguments(env, info, 1, &argument) && (mover = bpf_mover_of(env, argument)) != NULL)
		mover_unlock(mover);
	return NULL;
}
