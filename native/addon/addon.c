/* SPDX-License-Identifier: Apache-2.0 */
#include "addon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bpf-mover.h"
#include "child.h"

int open_pipe(int ends[2])
{
	int result = pipe2(ends, O_CLOEXEC);

	/* F_SETFL cannot fail on a descriptor that is open, and a new pipe has no other flag. */
	if (result == 0)
		fcntl(ends[0], F_SETFL, O_NONBLOCK);
	return result;
}

napi_value pipe_call(napi_env env, napi_callback_info info)
{
	napi_value result, end;
	int fds[2];

	(void)info;
	if (open_pipe(fds) < 0)
		return throw_errno(env, errno, "pipe2");
	CHECK(env, napi_create_array_with_length(env, 2, &result));
	for (uint32_t i = 0; i < 2; i++) {
		CHECK(env, napi_create_int32(env, fds[i], &end));
		CHECK(env, napi_set_element(env, result, i, end));
	}
	return result;
}

/* Node warns when its own close is given a descriptor that it did not open (in worker threads). */
napi_value close_call(napi_env env, napi_callback_info info)
{
	napi_value argument;
	int32_t fd;

	if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &fd))
		return NULL;
	claim_child(instance_of(env), fd);
	/* After EINTR the descriptor is closed all the same (close(2)). */
	if (close(fd) < 0 && errno != EINTR)
		return throw_errno(env, errno, "close");
	return NULL;
}

/*
 * Ends the process at once and leaves the tearing down to the kernel. Returns where a descriptor is a terminal: Node
 * restores, at its own end, the modes that a workload may have left behind there.
 */
napi_value exit_at_once_call(napi_env env, napi_callback_info info)
{
	napi_value argument;
	int32_t status;

	if (!get_arguments(env, info, 1, &argument) || !get_int(env, argument, &status))
		return NULL;
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (isatty(fd))
			return NULL;
	_exit(status);
}

static void free_instance(napi_env env, void *data, void *hint)
{
	struct instance *instance = data;

	(void)env;
	(void)hint;
	abandon_unclaimed(instance);
	orphan_mappings(instance);
	if (instance->child_stack != NULL)
		munmap(instance->child_stack, CHILD_STACK_BYTES);
	free(instance);
}

NAPI_MODULE_INIT()
{
	static const struct {
		const char *name;
		napi_callback callback;
	} functions[] = {
		{ "spawn", spawn_process },
		{ "spawnAsync", spawn_async },
		{ "claimChild", claim_child_call },
		{ "fileCalls", file_calls },
		{ "pidfdOpen", pidfd_open_call },
		{ "timerOpen", timer_open_call },
		{ "timerSet", timer_set_call },
		{ "pidfdSendSignal", pidfd_send_signal_call },
		{ "pidfdInfo", pidfd_info_call },
		{ "waitPidfd", wait_pidfd_call },
		{ "getPriority", get_priority_call },
		{ "setPriority", set_priority_call },
		{ "ioprioGet", ioprio_get_call },
		{ "ioprioSet", ioprio_set_call },
		{ "schedGetattr", sched_getattr_call },
		{ "schedSetscheduler", sched_setscheduler_call },
		{ "schedSetDeadline", sched_set_deadline_call },
		{ "schedGetaffinity", sched_getaffinity_call },
		{ "schedSetaffinity", sched_setaffinity_call },
		{ "prlimitGet", prlimit_get_call },
		{ "prlimitSet", prlimit_set_call },
		{ "procConnectorOpen", proc_connector_open_call },
		{ "procConnectorControl", proc_connector_control_call },
		{ "procConnectorReceive", proc_connector_receive_call },
		{ "bpfOpen", bpf_open_call },
		{ "bpfAttach", bpf_attach_call },
		{ "bpfAttachReturn", bpf_attach_return_call },
		{ "bpfMisses", bpf_misses_call },
		{ "bpfClose", bpf_close_call },
		{ "bpfLayout", bpf_layout_call },
		{ "bpfWatch", bpf_watch_call },
		{ "bpfMoverReset", bpf_mover_reset_call },
		{ "bpfMoverProgram", bpf_mover_program_call },
		{ "bpfMoverGroup", bpf_mover_group_call },
		{ "bpfMoverTake", bpf_mover_take_call },
		{ "bpfMoverThread", bpf_mover_thread_call },
		{ "bpfMoverHold", bpf_mover_hold_call },
		{ "bpfMoverRelease", bpf_mover_release_call },
		{ "sendDatagram", send_datagram_call },
		{ "writeAside", write_aside_call },
		{ "processMadvise", process_madvise_call },
		{ "unixBind", unix_bind_call },
		{ "unixListen", unix_listen_call },
		{ "unixProbe", unix_probe_call },
		{ "unixAccept", unix_accept_call },
		{ "unixReceive", unix_receive_call },
		{ "unixSend", unix_send_call },
		{ "datagramReceive", datagram_receive_call },
		{ "pipe", pipe_call },
		{ "close", close_call },
		{ "watchFd", watch_fd },
		{ "exitAtOnce", exit_at_once_call },
		{ "mapMemory", map_memory_call },
		{ "windowMemory", window_memory_call },
		{ "detachMemory", detach_memory_call },
		{ "adviseMemory", advise_memory_call },
		{ "residentBytes", resident_bytes_call },
		{ "pageBytes", page_bytes_call },
		{ "packChunks", pack_chunks_call },
		{ "packChunksAsync", pack_chunks_async_call },
		{ "unpackChunk", unpack_chunk_call },
	};
	struct instance *instance = calloc(1, sizeof(*instance));

	if (instance == NULL)
		return throw_errno(env, ENOMEM, "calloc");
	CHECK(env, napi_set_instance_data(env, instance, free_instance, NULL));
	CHECK(env, define_watcher(env, instance));
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		CHECK(env, set_function(env, exports, functions[i].name, functions[i].callback));
	return exports;
}
