/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The addon's shared helpers. It holds no policy and no defaults: TypeScript (src/kernel) passes
 * complete arguments, every failure becomes a JS error with errno and syscall.
 * No state in C globals: the addon loads in several workers, each with its own struct instance.
 */
#ifndef CORRAL_ADDON_H
#define CORRAL_ADDON_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Per-environment data. */
struct instance {
	napi_ref watcher_class;
	/* Stack of the synchronous spawn's vfork child; the thread is suspended while one uses it, so one is enough. */
	void *child_stack;
	/* Children that spawnAsync has started and JavaScript does not watch yet. */
	struct work *unclaimed;
	/* Memory of arenas, whose buffers JavaScript has (arena-memory.c). */
	struct mapping *mappings;
};

struct instance *instance_of(napi_env env);

/* Evaluates an N-API call; on failure leaves a JS exception pending and returns NULL from the caller. */
#define CHECK(env, call)                                    \
	do {                                                \
		if ((call) != napi_ok) {                    \
			throw_napi_error((env), #call);     \
			return NULL;                        \
		}                                           \
	} while (0)

void throw_napi_error(napi_env env, const char *call);
/* Always returns NULL, so that a callback can end with it. `error` is a positive errno. */
napi_value throw_errno(napi_env env, int error, const char *syscall_name);
/* The error that throw_errno throws; NULL with an exception pending when it cannot be made. */
napi_value errno_error(napi_env env, int error, const char *syscall_name);

/* arguments.c: exactly `count` arguments, else a TypeError is pending and the result is false. */
bool get_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *arguments);
bool get_int(napi_env env, napi_value value, int32_t *result);
/* A string of bytes, one per character, with its length; false leaves an exception pending. */
bool get_bytes(napi_env env, napi_value value, char **text, size_t *length);
/* Throws, and is false: a string has a NUL in it. */
bool refuse_nul(napi_env env);
/*
 * Their number and strings that each have a NUL before them, as a vector into their block, ended by NULL. One value to read instead of
 * hundreds. NULL leaves an exception pending; both are the caller's to free in any case.
 */
char **get_strings(napi_env env, napi_value value, char **block);
/* The bytes of a typed array of this type. */
bool get_typed_bytes(napi_env env, napi_value value, napi_typedarray_type type, void **data, size_t *bytes);

napi_status set_number(napi_env env, napi_value object, const char *name, double number);
napi_status set_null(napi_env env, napi_value object, const char *name);
napi_status set_function(napi_env env, napi_value object, const char *name, napi_callback callback);

/* addon.c: both ends close-on-exec, the read end non-blocking; -1 with errno. */
int open_pipe(int ends[2]);

/* spawn-async.c: JavaScript watches or closes its pidfd from now on; other descriptors are ignored. */
void claim_child(struct instance *instance, int pidfd);
/* Kills and reaps what nobody can claim any more. */
void abandon_unclaimed(struct instance *instance);

/* pidfd.c: the group of a process in cgroup v2; -1 where the kernel does not tell (before Linux 6.13), or it was reaped. */
int pidfd_group(int pidfd, uint64_t *group);

/* What is done when a descriptor is readable, before JavaScript is told. */
struct watch_hook {
	void (*run)(void *data);
	void *data;
};
/* watcher.c: watchFd(fd, events, callback) with a hook; `owner` is kept from the collector for as long. */
napi_value watch_with_hook(napi_env env, napi_value *arguments, struct watch_hook hook, napi_value owner);

/* arena-memory.c */
void orphan_mappings(struct instance *instance);

napi_value spawn_process(napi_env env, napi_callback_info info);
napi_value spawn_async(napi_env env, napi_callback_info info);
napi_value file_calls(napi_env env, napi_callback_info info);
napi_value claim_child_call(napi_env env, napi_callback_info info);
napi_value timer_open_call(napi_env env, napi_callback_info info);
napi_value timer_set_call(napi_env env, napi_callback_info info);
napi_value pidfd_open_call(napi_env env, napi_callback_info info);
napi_value pidfd_send_signal_call(napi_env env, napi_callback_info info);
napi_value pidfd_info_call(napi_env env, napi_callback_info info);
napi_value wait_pidfd_call(napi_env env, napi_callback_info info);
napi_value get_priority_call(napi_env env, napi_callback_info info);
napi_value set_priority_call(napi_env env, napi_callback_info info);
napi_value ioprio_get_call(napi_env env, napi_callback_info info);
napi_value ioprio_set_call(napi_env env, napi_callback_info info);
napi_value sched_getattr_call(napi_env env, napi_callback_info info);
napi_value sched_setscheduler_call(napi_env env, napi_callback_info info);
napi_value sched_set_deadline_call(napi_env env, napi_callback_info info);
napi_value sched_getaffinity_call(napi_env env, napi_callback_info info);
napi_value sched_setaffinity_call(napi_env env, napi_callback_info info);
napi_value prlimit_get_call(napi_env env, napi_callback_info info);
napi_value prlimit_set_call(napi_env env, napi_callback_info info);
napi_value proc_connector_open_call(napi_env env, napi_callback_info info);
napi_value proc_connector_control_call(napi_env env, napi_callback_info info);
napi_value proc_connector_receive_call(napi_env env, napi_callback_info info);
napi_value bpf_open_call(napi_env env, napi_callback_info info);
napi_value bpf_attach_call(napi_env env, napi_callback_info info);
napi_value bpf_attach_return_call(napi_env env, napi_callback_info info);
napi_value bpf_misses_call(napi_env env, napi_callback_info info);
napi_value bpf_close_call(napi_env env, napi_callback_info info);
napi_value bpf_layout_call(napi_env env, napi_callback_info info);
napi_value send_datagram_call(napi_env env, napi_callback_info info);
napi_value write_aside_call(napi_env env, napi_callback_info info);
napi_value process_madvise_call(napi_env env, napi_callback_info info);
napi_value unix_bind_call(napi_env env, napi_callback_info info);
napi_value unix_listen_call(napi_env env, napi_callback_info info);
napi_value unix_probe_call(napi_env env, napi_callback_info info);
napi_value unix_accept_call(napi_env env, napi_callback_info info);
napi_value unix_receive_call(napi_env env, napi_callback_info info);
napi_value unix_send_call(napi_env env, napi_callback_info info);
napi_value datagram_receive_call(napi_env env, napi_callback_info info);
napi_value pipe_call(napi_env env, napi_callback_info info);
napi_value close_call(napi_env env, napi_callback_info info);
napi_value watch_fd(napi_env env, napi_callback_info info);
napi_value exit_at_once_call(napi_env env, napi_callback_info info);
napi_value map_memory_call(napi_env env, napi_callback_info info);
napi_value window_memory_call(napi_env env, napi_callback_info info);
napi_value detach_memory_call(napi_env env, napi_callback_info info);
napi_value advise_memory_call(napi_env env, napi_callback_info info);
napi_value resident_bytes_call(napi_env env, napi_callback_info info);
napi_value page_bytes_call(napi_env env, napi_callback_info info);
napi_value pack_chunks_call(napi_env env, napi_callback_info info);
napi_value pack_chunks_async_call(napi_env env, napi_callback_info info);
napi_value unpack_chunk_call(napi_env env, napi_callback_info info);
napi_status define_watcher(napi_env env, struct instance *instance);

#endif
