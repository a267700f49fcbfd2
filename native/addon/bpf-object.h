/* SPDX-License-Identifier: Apache-2.0 */
/* BPF objects as tools/build-bpf.mjs packs them, and what becomes of one in the kernel. */
#ifndef CORRAL_BPF_OBJECT_H
#define CORRAL_BPF_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../bpf/record.h"

#define BPF_MOST_MAPS 8
#define BPF_MOST_PROGRAMS 4
/* Of one program each, or of one program in several files. */
#define BPF_MOST_LINKS 16

/* A light skeleton: a program that creates the maps and loads the programs when the kernel runs it, and its data. */
struct bpf_object {
	const char *instructions;
	size_t instruction_bytes;
	const char *data;
	size_t data_bytes;
	/* How many there are, and the places of the maps that we use. */
	unsigned maps, programs;
	unsigned events_map, settings_map, state_map;
};

/* Descriptors, -1 where there is none. */
struct bpf_loaded {
	int maps[BPF_MOST_MAPS];
	int programs[BPF_MOST_PROGRAMS];
	unsigned map_count, program_count;
};

/* bpf-load.c: 0 or a positive errno; `call` is then what failed. */
int bpf_load(const struct bpf_object *object, const struct settings *settings, uint32_t ring_bytes,
	     struct bpf_loaded *loaded, const char **call);
void bpf_unload(struct bpf_loaded *loaded);
/* Attaches a tracepoint program; a descriptor or -1 with errno. */
int bpf_attach_tracepoint(int program);
/* Attaches a program to the return of a function in a file; a descriptor or -1 with errno. */
int bpf_attach_return(int program, uint32_t uprobe_type, const char *path, uint64_t offset);
/* How often a program was not run because it was running already on that CPU; 0 when the kernel does not tell. */
uint64_t bpf_misses(int program);

#endif
