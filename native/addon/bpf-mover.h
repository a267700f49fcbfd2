/* SPDX-License-Identifier: Apache-2.0 */
/* Moves the processes of execs into groups as soon as their records are in the ring (bpf-mover.c). */
#ifndef CORRAL_BPF_MOVER_H
#define CORRAL_BPF_MOVER_H

#include "addon.h"

#include <pthread.h>
#include <semaphore.h>

#include "../bpf/record.h"

/* Of programs, groups, namespaces, processes and moves that are known at a time. */
#define MOVER_PROGRAMS 256
#define MOVER_GROUPS 1024
#define MOVER_MOUNTS 8
#define MOVER_SPARED 64
#define MOVER_MOVES 256

/* The ring and the state that JavaScript reads too (bpf-source.c). */
struct mover_ring {
	int fd;
	const uint64_t *read_to, *written_to;
	const unsigned char *data;
	uint64_t mask;
	const struct shared_state *state;
};

/* Whose processes go where. */
struct mover_program {
	uint32_t uid, id;
	/* cgroup.procs, open. */
	int procs;
	/* Whatever its mount namespace; else it must be one of the mover's. */
	bool any_mounts;
	char comm[16];
	size_t exe_bytes;
	/* Ours to free. */
	char *exe;
};

/* One that was tried: as bpfMoverTake tells it. */
struct mover_move {
	int64_t exec_ns, tgid, start_ticks, id, began_ns, ended_ns, error;
};

/* Waits for the ring beside the event loop (bpf-mover-thread.c). */
struct mover_thread {
	pthread_t thread;
	/* 0: there is none. */
	int tid;
	int epoll, stop;
	sem_t begun;
};

struct mover {
	struct mover_ring ring;
	struct mover_thread thread;
	/* Held by whoever looks at the ring or at what follows here, and by JavaScript while it moves anybody itself; recursive. */
	pthread_mutex_t lock;
	uint32_t own_tgid;
	/* How far the records were looked at, and what was lost by then. */
	uint64_t looked_to, lost;
	unsigned program_count, group_count, mount_count, spared_count, move_count;
	struct mover_program programs[MOVER_PROGRAMS];
	/* The one used least recently first. */
	uint64_t groups[MOVER_GROUPS];
	uint32_t mounts[MOVER_MOUNTS], spared[MOVER_SPARED];
	struct mover_move moves[MOVER_MOVES];
};

/* NULL without memory. */
struct mover *mover_new(const struct mover_ring *ring);
void mover_free(struct mover *mover);
void mover_lock(struct mover *mover);
void mover_unlock(struct mover *mover);
/* Forgets programs and groups. What it has moved stays to be told. With the lock, when others may run it. */
void mover_forget(struct mover *mover);
/* Looks at the records that are new to it and that nobody has read yet. On any thread. */
void mover_run(struct mover *mover);

/* bpf-mover-groups.c, with the lock. The place of a group among those that are known; -1: it is none of them. */
int mover_place_of(const struct mover *mover, uint64_t group);
/* Somebody was moved out of it, so that it stays longest. */
void mover_use_group(struct mover *mover, int place);
/* Whoever executes a program in this group may be moved out of it. When there are too many the one used least recently goes. */
void mover_know_group(struct mover *mover, uint64_t group);

/* bpf-mover-thread.c: from now on a thread of its own runs it as soon as the kernel tells; 0 or a positive errno of `call`. */
int mover_start(struct mover *mover, const char **call);
/* Ends that thread, if there is one. */
void mover_stop(struct mover *mover);

/* bpf-source.c: the mover of an open source, made when it is first asked for; NULL with an exception pending. */
struct mover *bpf_mover_of(napi_env env, napi_value handle);

napi_value bpf_watch_call(napi_env env, napi_callback_info info);
napi_value bpf_mover_reset_call(napi_env env, napi_callback_info info);
napi_value bpf_mover_program_call(napi_env env, napi_callback_info info);
napi_value bpf_mover_group_call(napi_env env, napi_callback_info info);
napi_value bpf_mover_take_call(napi_env env, napi_callback_info info);
napi_value bpf_mover_thread_call(napi_env env, napi_callback_info info);
napi_value bpf_mover_hold_call(napi_env env, napi_callback_info info);
napi_value bpf_mover_release_call(napi_env env, napi_callback_info info);

#endif
