/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A loaded BPF object with its ring and its shared state mapped for JavaScript, which reads the ring itself. The mappings
 * live until bpfClose, the garbage collector or the end of the environment; then the array buffers are detached first, so
 * that a late look finds them empty.
 */
#include "addon.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../bpf/generated/lifecycle.h"
#include "../bpf/generated/opens.h"
#include "../bpf/generated/readline.h"
#include "bpf-mover.h"
#include "bpf-object.h"

enum area { AREA_CONSUMER, AREA_PRODUCER, AREA_STATE, AREAS };

struct source {
	struct bpf_loaded loaded;
	int links[BPF_MOST_LINKS];
	unsigned link_count;
	void *areas[AREAS];
	size_t area_bytes[AREAS];
	napi_ref buffers[AREAS];
	int ring;
	/* NULL until it is asked for. */
	struct mover *mover;
};

static const struct bpf_object *const objects[] = { &lifecycle_object, &opens_object, &readline_object };

static void let_go(napi_env env, struct source *source)
{
	for (unsigned i = 0; i < source->link_count; i++)
		close(source->links[i]);
	source->link_count = 0;
	mover_free(source->mover);
	source->mover = NULL;
	for (unsigned i = 0; i < AREAS; i++) {
		napi_value buffer;

		if (source->buffers[i] != NULL) {
			if (napi_get_reference_value(env, source->buffers[i], &buffer) == napi_ok && buffer != NULL)
				napi_detach_arraybuffer(env, buffer);
			napi_delete_reference(env, source->buffers[i]);
			source->buffers[i] = NULL;
		}
		if (source->areas[i] != NULL)
			munmap(source->areas[i], source->area_bytes[i]);
		source->areas[i] = NULL;
	}
	bpf_unload(&source->loaded);
}

static void on_finalized(napi_env env, void *data, void *hint)
{
	napi_handle_scope scope;

	(void)hint;
	if (napi_open_handle_scope(env, &scope) == napi_ok) {
		let_go(env, data);
		napi_close_handle_scope(env, scope);
	}
	free(data);
}

static int map_area(struct source *source, enum area area, int fd, size_t bytes, int protection, size_t offset)
{
	void *memory = mmap(NULL, bytes, protection, MAP_SHARED, fd, (off_t)offset);

	if (memory == MAP_FAILED)
		return errno;
	source->areas[area] = memory;
	source->area_bytes[area] = bytes;
	return 0;
}

/* The ring's pages in kernel/bpf/ringbuf.c: the reader's position, the writer's, and the data twice in a row. */
static int map_areas(struct source *source, const struct bpf_object *object, size_t ring_bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int ring = source->loaded.maps[object->events_map], state = source->loaded.maps[object->state_map];
	int error = map_area(source, AREA_CONSUMER, ring, page, PROT_READ | PROT_WRITE, 0);

	if (error == 0)
		error = map_area(source, AREA_PRODUCER, ring, page + 2 * ring_bytes, PROT_READ, page);
	if (error == 0)
		error = map_area(source, AREA_STATE, state, page, PROT_READ | PROT_WRITE, 0);
	source->ring = ring;
	return error;
}

static bool get_bigint(napi_env env, napi_value value, int64_t *result)
{
	bool lossless;

	if (napi_get_value_bigint_int64(env, value, result, &lossless) == napi_ok)
		return true;
	napi_throw_type_error(env, "EINVAL", "an argument is not a bigint");
	return false;
}

static bool get_settings(napi_env env, const napi_value *arguments, struct settings *settings)
{
	int64_t cgroup, monotonic, boottime;
	int32_t subtree, group_dead, own;

	if (!get_bigint(env, arguments[0], &cgroup) || !get_int(env, arguments[1], &subtree) ||
	    !get_bigint(env, arguments[2], &monotonic) || !get_bigint(env, arguments[3], &boottime) ||
	    !get_int(env, arguments[4], &group_dead) || !get_int(env, arguments[5], &own))
		return false;
	*settings = (struct settings){ .cgroup_id = (uint64_t)cgroup,
				       .cgroup_subtree = (uint32_t)subtree,
				       .monotonic_offset_ns = monotonic,
				       .boottime_offset_ns = boottime,
				       .exit_tells_group_dead = (uint32_t)group_dead,
				       .own_tgid = (uint32_t)own };
	return true;
}

/* The handle owns the source from the beginning, so that a failure leaves it to the collector. */
static napi_value to_result(napi_env env, struct source *source, napi_value handle)
{
	static const char *const names[AREAS] = { "consumer", "producer", "state" };
	napi_value result, buffer;

	CHECK(env, napi_create_object(env, &result));
	CHECK(env, set_number(env, result, "ringFd", source->ring));
	for (unsigned i = 0; i < AREAS; i++) {
		CHECK(env, napi_create_external_arraybuffer(env, source->areas[i], source->area_bytes[i], NULL, NULL, &buffer));
		CHECK(env, napi_create_reference(env, buffer, 1, &source->buffers[i]));
		CHECK(env, napi_set_named_property(env, result, names[i], buffer));
	}
	CHECK(env, napi_set_named_property(env, result, "handle", handle));
	return result;
}

/*
 * bpfOpen(object, ringBytes, cgroupId, cgroupSubtree, monotonicOffsetNs, boottimeOffsetNs, exitTellsGroupDead, ownTgid)
 * -> { handle, ringFd, consumer, producer, state }
 */
napi_value bpf_open_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[8], handle;
	struct source *source;
	struct settings settings;
	int32_t object, ring_bytes;
	const char *call;
	int error;

	if (!get_arguments(env, info, 8, arguments) || !get_int(env, arguments[0], &object) ||
	    !get_int(env, arguments[1], &ring_bytes) || !get_settings(env, arguments + 2, &settings))
		return NULL;
	if (object < 0 || (size_t)object >= sizeof(objects) / sizeof(objects[0]))
		return throw_errno(env, EINVAL, "bpfOpen");
	source = calloc(1, sizeof(*source));
	if (source == NULL)
		return throw_errno(env, ENOMEM, "calloc");
	if (napi_create_external(env, source, on_finalized, NULL, &handle) != napi_ok) {
		free(source);
		throw_napi_error(env, "napi_create_external");
		return NULL;
	}
	error = bpf_load(objects[object], &settings, (uint32_t)ring_bytes, &source->loaded, &call);
	if (error == 0) {
		call = "mmap";
		error = map_areas(source, objects[object], (size_t)ring_bytes);
	}
	if (error == 0)
		return to_result(env, source, handle);
	let_go(env, source);
	return throw_errno(env, error, call);
}

static struct source *source_of(napi_env env, napi_value handle)
{
	void *data = NULL;

	if (napi_get_value_external(env, handle, &data) == napi_ok)
		return data;
	napi_throw_type_error(env, "EINVAL", "not a BPF source");
	return NULL;
}

struct mover *bpf_mover_of(napi_env env, napi_value handle)
{
	struct source *source = source_of(env, handle);
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	const unsigned char *producer;

	if (source == NULL || source->mover != NULL)
		return source == NULL ? NULL : source->mover;
	producer = source->areas[AREA_PRODUCER];
	if (producer == NULL) {
		throw_errno(env, EBADF, "bpfMover");
		return NULL;
	}
	source->mover = mover_new(&(struct mover_ring){ .fd = source->ring,
							.read_to = source->areas[AREA_CONSUMER],
							.written_to = (const void *)producer,
							.data = producer + page,
							.mask = (source->area_bytes[AREA_PRODUCER] - page) / 2 - 1,
							.state = source->areas[AREA_STATE] });
	if (source->mover == NULL)
		throw_errno(env, ENOMEM, "calloc");
	return source->mover;
}

static void on_arrived(void *data)
{
	struct source *source = data;

	if (source->mover != NULL)
		mover_run(source->mover);
}

/* bpfWatch(handle, events, callback) -> FdWatcher of its ring, whose mover runs before the callback */
napi_value bpf_watch_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[3], watched[3];
	struct source *source;

	if (!get_arguments(env, info, 3, arguments) || (source = source_of(env, arguments[0])) == NULL)
		return NULL;
	CHECK(env, napi_create_int32(env, source->ring, &watched[0]));
	watched[1] = arguments[1];
	watched[2] = arguments[2];
	return watch_with_hook(env, watched, (struct watch_hook){ on_arrived, source }, arguments[0]);
}

static napi_value keep_link(napi_env env, struct source *source, int link, const char *call)
{
	if (link < 0)
		return throw_errno(env, errno, call);
	source->links[source->link_count++] = link;
	return NULL;
}

/* bpfAttach(handle): every program of the object to its tracepoint. */
napi_value bpf_attach_call(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct source *source;
	bool pending = false;

	if (!get_arguments(env, info, 1, &argument) || (source = source_of(env, argument)) == NULL)
		return NULL;
	for (unsigned i = 0; i < source->loaded.program_count && !pending; i++) {
		keep_link(env, source, bpf_attach_tracepoint(source->loaded.programs[i]), "bpf(BPF_RAW_TRACEPOINT_OPEN)");
		napi_is_exception_pending(env, &pending);
	}
	return NULL;
}

/* bpfAttachReturn(handle, uprobeType, path, offset): the object's program to the return of a function. */
napi_value bpf_attach_return_call(napi_env env, napi_callback_info info)
{
	napi_value arguments[4];
	struct source *source;
	int32_t type;
	int64_t offset;
	char path[4096];
	size_t length;

	if (!get_arguments(env, info, 4, arguments) || (source = source_of(env, arguments[0])) == NULL ||
	    !get_int(env, arguments[1], &type))
		return NULL;
	CHECK(env, napi_get_value_string_latin1(env, arguments[2], path, sizeof(path), &length));
	CHECK(env, napi_get_value_int64(env, arguments[3], &offset));
	if (source->loaded.program_count == 0 || source->link_count == BPF_MOST_LINKS)
		return throw_errno(env, ENOSPC, "bpfAttachReturn");
	return keep_link(env, source,
			 bpf_attach_return(source->loaded.programs[0], (uint32_t)type, path, (uint64_t)offset),
			 "perf_event_open");
}

/* bpfMisses(handle) -> how often programs were not run because they were interrupted by the same event */
napi_value bpf_misses_call(napi_env env, napi_callback_info info)
{
	napi_value argument, result;
	struct source *source;
	uint64_t misses = 0;

	if (!get_arguments(env, info, 1, &argument) || (source = source_of(env, argument)) == NULL)
		return NULL;
	for (unsigned i = 0; i < source->loaded.program_count; i++)
		misses += bpf_misses(source->loaded.programs[i]);
	CHECK(env, napi_create_double(env, (double)misses, &result));
	return result;
}

/* bpfClose(handle): idempotent. */
napi_value bpf_close_call(napi_env env, napi_callback_info info)
{
	napi_value argument;
	struct source *source;

	if (get_arguments(env, info, 1, &argument) && (source = source_of(env, argument)) != NULL)
		let_go(env, source);
	return NULL;
}
