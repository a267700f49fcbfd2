/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the maps, loads the programs with what was looked up, and hands them to the kernel as its scheduler. */
#include "load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* include/uapi/linux/bpf.h since 6.4. */
#define FLAG_LINK (1u << 13)
#define ATTACH_STRUCT_OPS 44
#define LOG_BYTES (1u << 20)

int bpf(enum bpf_cmd command, union bpf_attr *attributes)
{
	return (int)syscall(SYS_bpf, command, attributes, sizeof(*attributes));
}

int find_map(const struct object *object, const struct loaded *loaded, const char *name)
{
	for (uint32_t i = 0; i < object->map_count; i++)
		if (strcmp(object->maps[i].name, name) == 0)
			return loaded->maps[i];
	return -1;
}

int find_program(const struct object *object, const struct loaded *loaded, const char *name)
{
	for (uint32_t i = 0; i < object->program_count; i++)
		if (strcmp(object->programs[i].member, name) == 0)
			return loaded->programs[i];
	return -1;
}

static int fail(const char *call, const char *what)
{
	printf("fail %s %d %s\n", call, errno, what);
	return -1;
}

static int make_map(const struct object_map *map, int btf, const void *initial)
{
	union bpf_attr create = { .map_type = map->type,
				  .key_size = map->key_bytes,
				  .value_size = map->value_bytes,
				  .max_entries = map->entries,
				  .map_flags = map->flags };
	uint32_t zero = 0;
	int fd;

	strncpy(create.map_name, map->name, sizeof(create.map_name) - 1);
	if (map->key_type != 0) {
		create.btf_fd = (uint32_t)btf;
		create.btf_key_type_id = map->key_type;
		create.btf_value_type_id = map->value_type;
	}
	fd = bpf(BPF_MAP_CREATE, &create);
	if (fd < 0)
		return fail("BPF_MAP_CREATE", map->name);
	if (initial != NULL) {
		union bpf_attr update = { .map_fd = (uint32_t)fd,
					  .key = (uintptr_t)&zero,
					  .value = (uintptr_t)initial };
		union bpf_attr freeze = { .map_fd = (uint32_t)fd };

		if (bpf(BPF_MAP_UPDATE_ELEM, &update) < 0)
			return fail("BPF_MAP_UPDATE_ELEM", map->name);
		/* So that the verifier may take the settings for constants. */
		if ((map->flags & BPF_F_RDONLY_PROG) && bpf(BPF_MAP_FREEZE, &freeze) < 0)
			return fail("BPF_MAP_FREEZE", map->name);
	}
	return fd;
}

static int make_maps(const struct object *object, const struct options *options, int btf, struct loaded *loaded)
{
	for (uint32_t i = 0; i < object->map_count; i++) {
		const struct object_map *map = &object->maps[i];
		char *initial = NULL;

		if (map->initial != NULL) {
			initial = malloc(map->value_bytes);
			if (initial == NULL)
				return fail("malloc", map->name);
			memcpy(initial, map->initial, map->value_bytes);
			if (strcmp(map->name, "rodata") == 0)
				memcpy(initial + object->settings_at, &options->settings, sizeof(options->settings));
		}
		loaded->maps[i] = make_map(map, btf, initial);
		free(initial);
		if (loaded->maps[i] < 0)
			return -1;
	}
	return 0;
}

/* Changes one instruction to what this kernel and these maps want. */
static void apply(struct bpf_insn *code, const struct object_patch *patch, const struct kernel_types *types,
		  const struct loaded *loaded)
{
	struct bpf_insn *at = code + patch->instruction;
	int64_t value;

	switch (patch->kind) {
	case PATCH_MAP:
	case PATCH_VALUE:
		at[0].src_reg = patch->kind == PATCH_MAP ? BPF_PSEUDO_MAP_FD : BPF_PSEUDO_MAP_VALUE;
		at[0].imm = loaded->maps[patch->map];
		at[1].imm = (int32_t)patch->value;
		break;
	case PATCH_FUNCTION:
		at->src_reg = BPF_PSEUDO_KFUNC_CALL;
		at->off = 0;
		at->imm = (int32_t)find_function(types, patch->path);
		break;
	case PATCH_FIELD:
		value = find_member(types, find_structure(types, patch->type), patch->path, NULL);
		if (BPF_CLASS(at->code) == BPF_ALU || BPF_CLASS(at->code) == BPF_ALU64)
			at->imm = (int32_t)value;
		else
			at->off = (int16_t)value;
		break;
	}
}

static int load_program(const struct object_program *program, const struct kernel_types *types,
			const struct loaded *loaded, int btf)
{
	uint32_t operations = find_structure(types, "sched_ext_ops"), place = 0;
	struct bpf_insn *code = malloc(program->instructions * sizeof(*code));
	char *log = calloc(1, LOG_BYTES);
	const struct bpf_func_info function = { .type_id = program->type };
	union bpf_attr load = { .prog_type = BPF_PROG_TYPE_SYSCALL,
				.insn_cnt = program->instructions,
				.insns = (uintptr_t)code,
				.license = (uintptr_t) "Dual BSD/GPL",
				.prog_flags = program->kind == PROGRAM_ATOMIC ? 0 : BPF_F_SLEEPABLE,
				.prog_btf_fd = (uint32_t)btf,
				.func_info_rec_size = sizeof(struct bpf_func_info),
				.func_info = (uintptr_t)&function,
				.func_info_cnt = 1 };
	int fd;

	if (code == NULL || log == NULL)
		return fail("malloc", program->member);
	memcpy(code, program->code, program->instructions * sizeof(*code));
	for (uint32_t i = 0; i < program->patch_count; i++)
		apply(code, &program->patches[i], types, loaded);
	if (program->kind != PROGRAM_CALLED) {
		find_member(types, operations, program->member, &place);
		load.prog_type = BPF_PROG_TYPE_STRUCT_OPS;
		load.attach_btf_id = operations;
		load.expected_attach_type = place;
	}
	strncpy(load.prog_name, program->member, sizeof(load.prog_name) - 1);
	/* A signal, a child's end for one, makes the verifier give up with EAGAIN. */
	for (int attempt = 0; attempt < 10; attempt++) {
		fd = bpf(BPF_PROG_LOAD, &load);
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	if (fd < 0) {
		int error = errno;

		load.log_level = 1;
		load.log_size = LOG_BYTES;
		load.log_buf = (uintptr_t)log;
		bpf(BPF_PROG_LOAD, &load);
		fputs(log, stderr);
		errno = error;
		return fail("BPF_PROG_LOAD", program->member);
	}
	free(code);
	free(log);
	return fd;
}

static void set_number(char *at, uint64_t value, size_t bytes)
{
	memcpy(at, &value, bytes);
}

/* The table of operations, in the form of this kernel. */
static char *make_operations(const struct object *object, const struct kernel_types *types,
			     const struct options *options, const struct loaded *loaded)
{
	uint32_t outer = find_structure(types, "bpf_struct_ops_sched_ext_ops");
	uint32_t inner = find_structure(types, "sched_ext_ops");
	char *value = calloc(1, structure_bytes(types, outer));
	char *table;

	if (value == NULL)
		return NULL;
	table = value + find_member(types, outer, "data", NULL);
	for (uint32_t i = 0; i < object->program_count; i++)
		if (object->programs[i].kind != PROGRAM_CALLED)
			set_number(table + find_member(types, inner, object->programs[i].member, NULL),
				   (uint64_t)loaded->programs[i], 8);
	set_number(table + find_member(types, inner, "flags", NULL), options->flags, 8);
	set_number(table + find_member(types, inner, "timeout_ms", NULL), options->timeout_ms, 4);
	strcpy(table + find_member(types, inner, "name", NULL), "corral");
	return value;
}

static int attach(const struct object *object, const struct kernel_types *types, const struct options *options, int btf,
		  struct loaded *loaded)
{
	uint32_t outer = find_structure(types, "bpf_struct_ops_sched_ext_ops"), zero = 0;
	union bpf_attr create = { .map_type = BPF_MAP_TYPE_STRUCT_OPS,
				  .key_size = 4,
				  .value_size = structure_bytes(types, outer),
				  .max_entries = 1,
				  .map_flags = FLAG_LINK,
				  .map_name = "corral_sched",
				  /* Not looked at, but the kernel wants one. */
				  .btf_fd = (uint32_t)btf,
				  .btf_vmlinux_value_type_id = outer };
	union bpf_attr update = { .key = (uintptr_t)&zero };
	union bpf_attr link = { .link_create = { .attach_type = ATTACH_STRUCT_OPS } };

	loaded->operations = bpf(BPF_MAP_CREATE, &create);
	if (loaded->operations < 0)
		return fail("BPF_MAP_CREATE", "sched_ext_ops");
	update.map_fd = (uint32_t)loaded->operations;
	update.value = (uintptr_t)make_operations(object, types, options, loaded);
	if (update.value == 0 || bpf(BPF_MAP_UPDATE_ELEM, &update) < 0)
		return fail("BPF_MAP_UPDATE_ELEM", "sched_ext_ops");
	link.link_create.prog_fd = (uint32_t)loaded->operations;
	loaded->link = bpf(BPF_LINK_CREATE, &link);
	if (loaded->link < 0)
		return fail("BPF_LINK_CREATE", "sched_ext_ops");
	return 0;
}

int load_scheduler(const struct object *object, const struct kernel_types *types, const struct options *options,
		   struct loaded *loaded)
{
	union bpf_attr load = { .btf = (uintptr_t)object->btf, .btf_size = object->btf_bytes };
	int btf = bpf(BPF_BTF_LOAD, &load);

	if (btf < 0)
		return fail("BPF_BTF_LOAD", "types");
	if (make_maps(object, options, btf, loaded) != 0)
		return -1;
	for (uint32_t i = 0; i < object->program_count; i++) {
		loaded->programs[i] = load_program(&object->programs[i], types, loaded, btf);
		if (loaded->programs[i] < 0)
			return -1;
	}
	return attach(object, types, options, btf, loaded);
}
