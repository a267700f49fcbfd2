/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Moves the process of an exec into a group before JavaScript hears of it: to decode, judge and tell takes longer than the move.
 * Whom, and where to, is what JavaScript has said; whatever is not plain is left to it. It runs on a thread of its own and in the event
 * loop, whoever comes first, and never while JavaScript holds the lock.
 */
#include "bpf-mover.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

/* kernel/bpf/ringbuf.c: before each record. */
#define RECORD_BUSY (1u << 31)
#define RECORD_DISCARDED (1u << 30)
#define RECORD_HEAD 8
/* Records that are looked through for the end of a process, and looks at one that is being written: then it is left to JavaScript. */
#define MOST_LATER 4096
#define MOST_LOOKS 1000

/* linux/pidfd.h, Linux 6.11; spelled here because headers are older. A descriptor. */
#define PIDFD_GET_MOUNT_NAMESPACE _IO(0xFF, 3)

struct mover *mover_new(const struct mover_ring *ring)
{
	struct mover *mover = calloc(1, sizeof(*mover));
	pthread_mutexattr_t attributes;

	if (mover == NULL)
		return NULL;
	mover->ring = *ring;
	mover->own_tgid = (uint32_t)getpid();
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
	/* Its own thread may be before all others, and waits for JavaScript all the same, which is not to be so by that (PTHREAD_PRIO_INHERIT). */
	pthread_mutex_init(&mover->lock, &attributes);
	pthread_mutexattr_destroy(&attributes);
	return mover;
}

void mover_lock(struct mover *mover)
{
	pthread_mutex_lock(&mover->lock);
}

void mover_unlock(struct mover *mover)
{
	pthread_mutex_unlock(&mover->lock);
}

void mover_forget(struct mover *mover)
{
	for (unsigned i = 0; i < mover->program_count; i++) {
		close(mover->programs[i].procs);
		free(mover->programs[i].exe);
	}
	mover->program_count = 0;
	mover->group_count = 0;
}

void mover_free(struct mover *mover)
{
	if (mover == NULL)
		return;
	mover_stop(mover);
	mover_forget(mover);
	pthread_mutex_destroy(&mover->lock);
	free(mover);
}

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static uint64_t lost_so_far(const struct mover *mover)
{
	uint64_t lost = 0;

	for (unsigned kind = 0; kind < KINDS; kind++)
		lost += __atomic_load_n(&mover->ring.state->lost[kind], __ATOMIC_RELAXED);
	return lost;
}

/* The word before the record at this position, once it is written; RECORD_BUSY when that takes long. */
static uint32_t head_at(const struct mover *mover, uint64_t position)
{
	const uint32_t *head = (const void *)(mover->ring.data + (position & mover->ring.mask));
	uint32_t word = __atomic_load_n(head, __ATOMIC_ACQUIRE);

	for (int look = 0; (word & RECORD_BUSY) != 0 && look < MOST_LOOKS; look++)
		word = __atomic_load_n(head, __ATOMIC_ACQUIRE);
	return word & RECORD_BUSY ? RECORD_BUSY : word;
}

static uint64_t after(uint64_t position, uint32_t head)
{
	return (position + RECORD_HEAD + (head & ~RECORD_DISCARDED) + 7) & ~(uint64_t)7;
}

static const struct record_header *record_at(const struct mover *mover, uint64_t position)
{
	return (const void *)(mover->ring.data + (position & mover->ring.mask) + RECORD_HEAD);
}

/*
 * Whether the end of a process may have been told since: it is told before its pid is free for another. By all that is in the
 * ring now.
 */
static bool may_have_ended(const struct mover *mover, uint32_t tgid, uint64_t position)
{
	uint64_t written = __atomic_load_n(mover->ring.written_to, __ATOMIC_ACQUIRE);

	for (int later = 0; position < written; later++) {
		uint32_t head = head_at(mover, position);
		const struct record_header *record = record_at(mover, position);

		if (head == RECORD_BUSY || later == MOST_LATER)
			return true;
		if ((head & RECORD_DISCARDED) == 0 && record->kind == KIND_EXIT && record->tgid == tgid)
			return true;
		position = after(position, head);
	}
	return lost_so_far(mover) != mover->lost;
}

/*
 * Whether JavaScript has not read the record there yet, so that the kernel has not written over it or what follows: to be asked after
 * that was read. What it has read is its own to judge.
 */
static bool is_unread(const struct mover *mover, uint64_t position)
{
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(mover->ring.read_to, __ATOMIC_RELAXED) <= position;
}

static bool is_among(const uint32_t *numbers, unsigned count, uint32_t number)
{
	for (unsigned i = 0; i < count; i++)
		if (numbers[i] == number)
			return true;
	return false;
}

/* What is to become of the process; NULL: that is for JavaScript to say. */
static const struct mover_program *program_of(const struct mover *mover, const struct exec_record *record,
					      uint32_t record_bytes)
{
	const char *exe = record->text + record->path_bytes + record->argv_bytes;
	size_t exe_bytes = record->exe_bytes;

	if (exe_bytes == 0 || (size_t)(exe - (const char *)record) + exe_bytes > record_bytes)
		return NULL;
	for (unsigned i = 0; i < mover->program_count; i++) {
		const struct mover_program *program = &mover->programs[i];

		if (program->exe_bytes == exe_bytes && program->uid == record->header.uid &&
		    strncmp(program->comm, record->header.comm, sizeof(program->comm)) == 0 &&
		    memcmp(program->exe, exe, exe_bytes) == 0)
			return program;
	}
	return NULL;
}

static bool is_in_group(int pidfd, uint64_t group)
{
	uint64_t now;

	return pidfd_group(pidfd, &now) == 0 && now == group;
}

static bool sees_known_mounts(const struct mover *mover, int pidfd)
{
	struct stat found;
	int fd = ioctl(pidfd, PIDFD_GET_MOUNT_NAMESPACE, 0);
	bool known;

	if (fd < 0)
		return false;
	known = fstat(fd, &found) == 0 && is_among(mover->mounts, mover->mount_count, (uint32_t)found.st_ino);
	close(fd);
	return known;
}

static void move_into(struct mover *mover, const struct record_header *record, const struct mover_program *program)
{
	struct mover_move *move = &mover->moves[mover->move_count++];
	char pid[16];
	int length = snprintf(pid, sizeof(pid), "%u", record->tgid);

	*move = (struct mover_move){ .exec_ns = (int64_t)record->timestamp_ns,
				     .tgid = record->tgid,
				     .start_ticks = (int64_t)record->start_ticks,
				     .id = program->id,
				     .began_ns = now_ns() };
	if (write(program->procs, pid, (size_t)length) < 0)
		move->error = errno;
	move->ended_ns = now_ns();
}

/* A process that executed a program. @param head the word before its record */
static void consider(struct mover *mover, uint64_t position, uint32_t head)
{
	struct exec_record record;
	const struct record_header *header = &record.header;
	const struct mover_program *program;
	int place, pidfd;

	if (head > sizeof(record))
		return;
	memcpy(&record, record_at(mover, position), head);
	if (!is_unread(mover, position))
		return;
	place = mover_place_of(mover, header->cgroup_id);
	if (place < 0 || header->ppid == mover->own_tgid || header->tgid == mover->own_tgid ||
	    is_among(mover->spared, mover->spared_count, header->tgid) || (program = program_of(mover, &record, head)) == NULL)
		return;
	pidfd = (int)syscall(SYS_pidfd_open, header->tgid, 0);
	if (pidfd < 0)
		return;
	/* The look at the ring is the last one: the pidfd is that process's, or the ring tells of its end. */
	if ((program->any_mounts || sees_known_mounts(mover, pidfd)) && is_in_group(pidfd, header->cgroup_id) &&
	    !may_have_ended(mover, header->tgid, after(position, head)) && is_unread(mover, position)) {
		move_into(mover, header, program);
		mover_use_group(mover, place);
	}
	close(pidfd);
}

/* The first record that nobody has looked at and JavaScript has not read. */
static uint64_t next_position(const struct mover *mover)
{
	uint64_t read_to = __atomic_load_n(mover->ring.read_to, __ATOMIC_ACQUIRE);

	return mover->looked_to < read_to ? read_to : mover->looked_to;
}

static void look(struct mover *mover)
{
	uint64_t written_to = __atomic_load_n(mover->ring.written_to, __ATOMIC_ACQUIRE), position;
	uint64_t lost = lost_so_far(mover);

	/* Whose end was lost cannot be told: what is in the ring now is for JavaScript. */
	if (lost != mover->lost)
		mover->looked_to = written_to;
	mover->lost = lost;
	while ((position = next_position(mover)) < written_to && mover->move_count < MOVER_MOVES) {
		uint32_t head = head_at(mover, position), kind = record_at(mover, position)->kind;

		if (head == RECORD_BUSY)
			return;
		if (!is_unread(mover, position))
			continue;
		mover->looked_to = after(position, head);
		if ((head & RECORD_DISCARDED) == 0 && kind == KIND_EXEC)
			consider(mover, position, head);
	}
}

void mover_run(struct mover *mover)
{
	mover_lock(mover);
	if (mover->program_count > 0)
		look(mover);
	mover_unlock(mover);
}
