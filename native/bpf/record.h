/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * What the programs put into their rings, for src/kernel/bpf-record.ts. Every record is a multiple of 8 bytes long. Offsets
 * are asserted against the decoder by test/native/bpf.test.ts.
 */
#ifndef CORRAL_BPF_RECORD_H
#define CORRAL_BPF_RECORD_H

#include <linux/types.h>

#define KIND_FORK 1
#define KIND_EXEC 2
#define KIND_EXIT 3
#define KIND_OPEN 4
#define KIND_READLINE 5
#define KINDS 6

/* Bits of `cut`. */
#define CUT_PATH 1
#define CUT_ARGV 2
/* The file that runs could not be told. */
#define CUT_EXE 4

#define PATH_BYTES 256
#define ARGV_BYTES 512
/* PATH_MAX, a power of two: more than that /proc does not tell either. */
#define EXE_BYTES 4096

/* What every record begins with; a fork has no more. */
struct record_header {
	/* CLOCK_MONOTONIC. */
	__u64 timestamp_ns;
	/* As field 22 of /proc/PID/stat, in hundredths of a second. */
	__u64 start_ticks;
	__u64 cgroup_id;
	__u32 kind;
	__u32 tgid;
	__u32 ppid;
	__u32 uid;
	char comm[16];
};

struct exit_record {
	struct record_header header;
	/* As wait(2) tells it. */
	__u32 status;
	__u32 pad;
};

/* The path given to execve with its NUL, then the arguments, each with its NUL unless cut, then the file that runs, without. */
struct exec_record {
	struct record_header header;
	__u16 path_bytes;
	__u16 argv_bytes;
	__u16 exe_bytes;
	__u16 cut;
	char text[PATH_BYTES + ARGV_BYTES + EXE_BYTES];
	/* Never sent: for the verifier, to whom a length that was rounded up could be longer. */
	char slack[8];
};

struct open_record {
	struct record_header header;
	__s32 result;
	__u32 flags;
	__u32 path_bytes;
	__u32 cut;
	char text[PATH_BYTES];
	char slack[8];
};

struct readline_record {
	struct record_header header;
	__u32 path_bytes;
	__u32 cut;
	char text[PATH_BYTES];
	char slack[8];
};

/* What JavaScript says to a program before it is loaded, in .rodata. */
struct settings {
	/* Only processes in this group; 0: all. */
	__u64 cgroup_id;
	/* Added to the clocks, for a reader in a time namespace of its own (time_namespaces(7)). */
	__s64 monotonic_offset_ns;
	__s64 boottime_offset_ns;
	__u32 cgroup_subtree;
	/* This kernel's sched_process_exit has the argument group_dead (not in 6.12, in 6.18). */
	__u32 exit_tells_group_dead;
	/* Not told of: the reader itself. */
	__u32 own_tgid;
	__u32 pad;
};

/* What both sides share while a program is attached, in .bss. */
struct shared_state {
	/* By kind: records for which the ring had no room. */
	__u64 lost[KINDS];
	/* Set by the reader: it looks without being woken, unless much is waiting. */
	__u32 quiet;
	/* Set by the reader: it is woken for each exec, also while it has not read what came before. */
	__u32 urgent;
};

#endif
