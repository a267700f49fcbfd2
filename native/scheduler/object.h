/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A compiled object of struct_ops programs, packed by tools/struct-ops. What depends on the kernel is named, for the loader to
 * look up: neither libbpf nor libelf is needed to load it.
 */
#ifndef CORRAL_SCHEDULER_OBJECT_H
#define CORRAL_SCHEDULER_OBJECT_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

enum patch_kind {
	/* The descriptor of a map. */
	PATCH_MAP,
	/* An address in the one value of a map. */
	PATCH_VALUE,
	/* The number of a function of the kernel, `path`. */
	PATCH_FUNCTION,
	/* Where member `path` of structure `type` is. */
	PATCH_FIELD,
};

struct object_patch {
	uint32_t instruction;
	enum patch_kind kind;
	uint32_t map;
	uint32_t value;
	const char *type;
	const char *path;
};

struct object_map {
	const char *name;
	uint32_t type;
	uint32_t key_bytes;
	uint32_t value_bytes;
	uint32_t entries;
	uint32_t flags;
	/* Numbers in the object's BTF; 0: the kernel need not know. */
	uint32_t key_type;
	uint32_t value_type;
	/* NULL: zeros. */
	const char *initial;
};

enum program_kind {
	/* Operations of struct sched_ext_ops, that may not or may sleep. */
	PROGRAM_ATOMIC,
	PROGRAM_SLEEPABLE,
	/* Run by the loader. */
	PROGRAM_CALLED,
};

struct object_program {
	/* The operation. */
	const char *member;
	enum program_kind kind;
	const char *code;
	uint32_t instructions;
	const struct object_patch *patches;
	uint32_t patch_count;
	/* Its type in the object's BTF, which gives it its name. */
	uint32_t type;
};

struct object {
	const char *btf;
	uint32_t btf_bytes;
	const struct object_map *maps;
	uint32_t map_count;
	const struct object_program *programs;
	uint32_t program_count;
	/* Where struct scheduler_settings is in the map rodata, and struct scheduler_state in bss. */
	uint32_t settings_at;
	uint32_t state_at;
};

#endif
