/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads BPF objects without libbpf. A light skeleton (bpftool-gen(8), -L) is itself a BPF program: it is loaded with its data
 * in a map and run once with a context that says what to change and takes the descriptors it makes. The layout of the
 * context is that of bpftool 7: a head, then the maps, then the programs, in the order of the object.
 */
#include "bpf-object.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

struct context_head {
	uint32_t bytes;
	uint32_t flags;
	uint32_t log_level;
	uint32_t log_bytes;
	uint64_t log;
};

struct context_map {
	int32_t fd;
	/* 0: as compiled. */
	uint32_t max_entries;
	uint64_t initial_value;
};

struct context {
	struct context_head head;
	/* The maps, and behind them one number per program. */
	struct context_map maps[BPF_MOST_MAPS + BPF_MOST_PROGRAMS];
};

static int bpf(enum bpf_cmd command, union bpf_attr *attributes)
{
	return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

static int make_data_map(const struct bpf_object *object, const char **call)
{
	union bpf_attr create = { .map_type = BPF_MAP_TYPE_ARRAY,
				  .key_size = 4,
				  .value_size = (uint32_t)object->data_bytes,
				  .max_entries = 1,
				  .map_name = "corral_loader" };
	uint32_t zero = 0;
	int fd;

	*call = "bpf(BPF_MAP_CREATE)";
	fd = bpf(BPF_MAP_CREATE, &create);
	if (fd >= 0) {
		union bpf_attr update = { .map_fd = (uint32_t)fd,
					  .key = (uintptr_t)&zero,
					  .value = (uintptr_t)object->data };

		*call = "bpf(BPF_MAP_UPDATE_ELEM)";
		if (bpf(BPF_MAP_UPDATE_ELEM, &update) < 0) {
			int error = errno;

			close(fd);
			errno = error;
			return -1;
		}
	}
	return fd;
}

/* Runs the loader; 0 or a positive errno. What it had made before a failure it has closed itself. */
static int run_loader(const struct bpf_object *object, struct context *context, const char **call)
{
	int data = make_data_map(object, call), error = 0, loader;
	union bpf_attr load = { .prog_type = BPF_PROG_TYPE_SYSCALL,
				.insns = (uintptr_t)object->instructions,
				.insn_cnt = (uint32_t)(object->instruction_bytes / sizeof(struct bpf_insn)),
				.license = (uintptr_t) "Dual BSD/GPL",
				.prog_name = "corral_loader",
				.prog_flags = BPF_F_SLEEPABLE,
				.fd_array = (uintptr_t)&data };

	if (data < 0)
		return errno;
	*call = "bpf(BPF_PROG_LOAD)";
	loader = bpf(BPF_PROG_LOAD, &load);
	if (loader < 0) {
		error = errno;
	} else {
		union bpf_attr run = { .test = { .prog_fd = (uint32_t)loader,
						 .ctx_in = (uintptr_t)context,
						 .ctx_size_in = context->head.bytes } };

		*call = "bpf(BPF_PROG_RUN)";
		if (bpf(BPF_PROG_RUN, &run) < 0)
			error = errno;
		else if ((int32_t)run.test.retval < 0)
			error = -(int32_t)run.test.retval;
		close(loader);
	}
	close(data);
	return error;
}

/* The verifier gives up with EAGAIN when a signal comes meanwhile, a child's end for one. */
#define MOST_ATTEMPTS 10

int bpf_load(const struct bpf_object *object, const struct settings *settings, uint32_t ring_bytes,
	     struct bpf_loaded *loaded, const char **call)
{
	struct shared_state state = { 0 };
	struct context context;
	const int32_t *programs = (const int32_t *)&context.maps[object->maps];
	int error = EAGAIN;

	for (int attempt = 0; attempt < MOST_ATTEMPTS && error == EAGAIN; attempt++) {
		context = (struct context){ 0 };
		context.head.bytes = (uint32_t)(sizeof(context.head) + object->maps * sizeof(struct context_map) +
						object->programs * sizeof(int32_t));
		context.maps[object->events_map].max_entries = ring_bytes;
		context.maps[object->settings_map].initial_value = (uintptr_t)settings;
		context.maps[object->state_map].initial_value = (uintptr_t)&state;
		error = run_loader(object, &context, call);
	}
	if (error != 0)
		return error;
	loaded->map_count = object->maps;
	loaded->program_count = object->programs;
	for (unsigned i = 0; i < object->maps; i++)
		loaded->maps[i] = context.maps[i].fd;
	for (unsigned i = 0; i < object->programs; i++)
		loaded->programs[i] = programs[i];
	return 0;
}

void bpf_unload(struct bpf_loaded *loaded)
{
	for (unsigned i = 0; i < loaded->map_count; i++)
		close(loaded->maps[i]);
	for (unsigned i = 0; i < loaded->program_count; i++)
		close(loaded->programs[i]);
	loaded->map_count = loaded->program_count = 0;
}

int bpf_attach_tracepoint(int program)
{
	union bpf_attr open = { .raw_tracepoint = { .prog_fd = (uint32_t)program } };

	return bpf(BPF_RAW_TRACEPOINT_OPEN, &open);
}

int bpf_attach_return(int program, uint32_t uprobe_type, const char *path, uint64_t offset)
{
	/* Bit 0 of config: at the return (the file format/retprobe of the event source says so). */
	struct perf_event_attr event = { .type = uprobe_type,
					 .size = sizeof(event),
					 .config = 1,
					 .uprobe_path = (uintptr_t)path,
					 .probe_offset = offset };
	/* On every CPU, whatever is said here (perf_event_open(2), dynamic PMUs). */
	int probe = (int)syscall(SYS_perf_event_open, &event, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	int link, error;

	if (probe < 0)
		return -1;
	union bpf_attr create = { .link_create = { .prog_fd = (uint32_t)program,
						   .target_fd = (uint32_t)probe,
						   .attach_type = BPF_PERF_EVENT } };

	link = bpf(BPF_LINK_CREATE, &create);
	error = errno;
	/* The link keeps it. */
	close(probe);
	errno = error;
	return link;
}

uint64_t bpf_misses(int program)
{
	struct bpf_prog_info info = { 0 };
	union bpf_attr get = { .info = { .bpf_fd = (uint32_t)program,
					 .info_len = sizeof(info),
					 .info = (uintptr_t)&info } };

	return bpf(BPF_OBJ_GET_INFO_BY_FD, &get) == 0 ? info.recursion_misses : 0;
}
