/* SPDX-License-Identifier: Apache-2.0 */
/* The running kernel's own account of its types (/sys/kernel/btf/vmlinux). */
#ifndef CORRAL_SCHEDULER_KERNEL_TYPES_H
#define CORRAL_SCHEDULER_KERNEL_TYPES_H

#include <stdint.h>

struct kernel_types;

/* NULL with errno when there is none, or it is malformed. */
struct kernel_types *read_kernel_types(void);
/* A type's number; 0: there is none of that name. */
uint32_t find_structure(const struct kernel_types *types, const char *name);
uint32_t find_function(const struct kernel_types *types, const char *name);
uint32_t structure_bytes(const struct kernel_types *types, uint32_t structure);
/* Where a member is, in bytes, and its place in the structure; -1: there is none. `path` may go down: "scx.flags". */
int64_t find_member(const struct kernel_types *types, uint32_t structure, const char *path, uint32_t *place);
/* -1: there is no constant of that name. */
int find_constant(const struct kernel_types *types, const char *name, uint64_t *value);

#endif
