/* SPDX-License-Identifier: Apache-2.0 */
/* What the running kernel has to have, looked up before anything is loaded. */
#include <stdio.h>
#include <string.h>

#include "load.h"

/* Numbers that are compiled into the programs. */
static const struct {
	const char *name;
	uint64_t value;
} constants[] = {
	{ "SCX_TASK_QUEUED", 1 },
	{ "SCX_DSQ_GLOBAL", 0x8000000000000001 },
	{ "SCX_DSQ_LOCAL", 0x8000000000000002 },
	{ "SCX_ENQ_WAKEUP", 1 },
	{ "SCX_ENQ_LAST", 1ull << 41 },
	{ "SCX_ENQ_PREEMPT", 1ull << 32 },
	{ "SCX_KICK_IDLE", 1 },
	{ "SCX_OPS_ENQ_LAST", 2 },
	{ "SCX_OPS_SWITCH_PARTIAL", 8 },
};

/* The same thing is wanted by many instructions: told once. */
static int is_first(const struct object *object, const struct object_patch *wanted)
{
	for (uint32_t i = 0; i < object->program_count; i++)
		for (uint32_t j = 0; j < object->programs[i].patch_count; j++) {
			const struct object_patch *patch = &object->programs[i].patches[j];

			if (patch == wanted)
				return 1;
			if (patch->kind == wanted->kind && patch->path != NULL && strcmp(patch->path, wanted->path) == 0 &&
			    (patch->type == NULL || strcmp(patch->type, wanted->type) == 0))
				return 0;
		}
	return 1;
}

static unsigned print_program_lacks(const struct object *object, const struct object_program *program,
				    const struct kernel_types *types)
{
	unsigned lacks = 0;

	for (uint32_t i = 0; i < program->patch_count; i++) {
		const struct object_patch *patch = &program->patches[i];

		if (patch->kind != PATCH_FUNCTION && patch->kind != PATCH_FIELD)
			continue;
		if (patch->kind == PATCH_FUNCTION ?
			    find_function(types, patch->path) != 0 :
			    find_member(types, find_structure(types, patch->type), patch->path, NULL) >= 0)
			continue;
		if (!is_first(object, patch))
			continue;
		if (patch->kind == PATCH_FUNCTION)
			printf("lack function %s\n", patch->path);
		else
			printf("lack member %s.%s\n", patch->type, patch->path);
		lacks++;
	}
	return lacks;
}

unsigned print_lacks(const struct object *object, const struct kernel_types *types)
{
	uint32_t operations = find_structure(types, "sched_ext_ops");
	unsigned lacks = 0;

	if (operations == 0 || find_structure(types, "bpf_struct_ops_sched_ext_ops") == 0) {
		printf("lack structure sched_ext_ops\n");
		return 1;
	}
	for (uint32_t i = 0; i < object->program_count; i++) {
		const struct object_program *program = &object->programs[i];

		if (program->kind != PROGRAM_CALLED && find_member(types, operations, program->member, NULL) < 0) {
			printf("lack operation %s\n", program->member);
			lacks++;
		}
		lacks += print_program_lacks(object, program, types);
	}
	for (size_t i = 0; i < sizeof(constants) / sizeof(constants[0]); i++) {
		uint64_t value;

		if (find_constant(types, constants[i].name, &value) == 0 && value == constants[i].value)
			continue;
		printf("lack constant %s\n", constants[i].name);
		lacks++;
	}
	return lacks;
}
