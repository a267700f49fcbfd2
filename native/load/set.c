/* SPDX-License-Identifier: Apache-2.0 */
#include "set.h"
#include "options.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

static size_t up_to(size_t bytes, size_t unit)
{
	return (bytes + unit - 1) / unit * unit;
}

/* A memfd as this descriptor; NULL: errno says why. */
static void *make_shared_file(size_t bytes, int as)
{
	int fd = memfd_create("corral-load", MFD_CLOEXEC);

	if (fd < 0 || ftruncate(fd, (off_t)bytes) != 0)
		return NULL;
	if (dup3(fd, as, O_CLOEXEC) < 0)
		return NULL;
	close(fd);
	void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, as, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static bool make_groups(struct load_set *set)
{
	const struct load_type *type = set->options->type;
	uint32_t groups = set->options->workers / set->group_size;

	set->group_bytes = up_to(type->shared_bytes == NULL ? 1 : type->shared_bytes(set->options), 4096);
	set->groups = mmap(NULL, groups * set->group_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	if (set->groups == MAP_FAILED)
		return false;
	for (uint32_t group = 0; type->prepare != NULL && group < groups; group += 1)
		if (!type->prepare(set->options, set->groups + group * set->group_bytes))
			return false;
	return true;
}

/* Pairs have pipes, which all workers inherit. */
static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* Workers that are programs are told and tell through pipes. */
static bool make_pipes(struct load_set *set)
{
	if (!set->options->type->is_program)
		return true;
	return pipe2(set->ready_pipe, O_CLOEXEC) == 0 && pipe2(set->go_pipe, O_CLOEXEC) == 0;
}

bool make_set(const struct load_options *options, int memory_fd, struct load_set *set)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t counters = up_to(sizeof(struct load_header), page);
	size_t records = counters + up_to(options->workers * sizeof(struct load_counters), page);
	char *memory;

	*set = (struct load_set){ .options = options, .memory_fd = memory_fd, .group_size = load_group_size(options) };
	set->record_bytes = up_to(sizeof(struct load_record), page);
	raise_descriptors();
	memory = make_shared_file(records + options->workers * set->record_bytes, memory_fd);
	if (memory == NULL)
		return false;
	set->header = (struct load_header *)(void *)memory;
	set->counters = (struct load_counters *)(void *)(memory + counters);
	set->records = memory + records;
	*set->header = (struct load_header){
		.version = LOAD_VERSION,
		.workers = options->workers,
		.counters_offset = (uint32_t)counters,
		.counters_bytes = sizeof(struct load_counters),
		.records_offset = (uint32_t)records,
		.record_bytes = (uint32_t)set->record_bytes,
	};
	return make_groups(set) && make_pipes(set);
}
