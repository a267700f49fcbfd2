/* SPDX-License-Identifier: Apache-2.0 */
#include "types.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 4096
#define STRIPE_BLOCKS 16
#define FILE_BLOCKS 1024
/* O_DIRECT wants memory, length and place aligned to the block of the device. */
#define ALIGN 4096

struct io {
	int written; /* O_SYNC */
	int read; /* O_DIRECT where the file system can */
	off_t begin; /* of this worker's part */
	uint64_t blocks; /* in it */
	char *block;
};

/* A file of our own in a directory; it has no name, or loses it at once. */
static int open_nameless(const char *directory, int flags)
{
	int fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC | flags, 0600);
	char path[4096];

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
		return fd;
	snprintf(path, sizeof(path), "%s/.corral-load-XXXXXX", directory);
	fd = mkostemp(path, O_CLOEXEC | flags);
	if (fd >= 0)
		unlink(path);
	return fd;
}

static bool open_io(struct load *load, struct io *io)
{
	const char *path = load->options->texts[0];
	struct stat stat;
	char self[64];

	if (path == NULL) {
		errno = EINVAL;
		return false;
	}
	if (lstat(path, &stat) != 0)
		return false;
	if (!S_ISDIR(stat.st_mode)) {
		io->begin = (off_t)load->index * FILE_BLOCKS * BLOCK;
		io->written = open(path, O_RDWR | O_SYNC | O_CLOEXEC);
	} else
		io->written = open_nameless(path, O_SYNC);
	if (io->written < 0)
		return false;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", io->written);
	io->read = open(self, O_RDONLY | O_DIRECT | O_CLOEXEC);
	if (io->read < 0)
		io->read = open(self, O_RDONLY | O_CLOEXEC);
	return io->read >= 0;
}

/* A directory gets a file per worker, a file or block device a part of it per worker: 4 MiB, written once. */
bool ready_io(struct load *load)
{
	struct io *io = calloc(1, sizeof(*io));

	if (io == NULL || posix_memalign((void **)&io->block, ALIGN, BLOCK * STRIPE_BLOCKS) != 0) {
		errno = ENOMEM;
		return false;
	}
	for (size_t at = 0; at < BLOCK * STRIPE_BLOCKS; at += 1)
		io->block[at] = (char)load_random(load);
	io->blocks = FILE_BLOCKS;
	load->own = io;
	if (!open_io(load, io))
		return false;
	for (uint64_t at = 0; at < FILE_BLOCKS; at += STRIPE_BLOCKS)
		if (pwrite(io->written, io->block, BLOCK * STRIPE_BLOCKS, io->begin + (off_t)at * BLOCK) < 0)
			return false;
	return true;
}

static void done(struct load *load, ssize_t result)
{
	if (result < 0)
		load_failed(load, errno);
}

void write_stripe(struct load *load)
{
	struct io *io = load->own;

	for (unsigned at = 0; at < STRIPE_BLOCKS; at += 1)
		done(load, pwrite(io->written, io->block, BLOCK, io->begin + (off_t)at * BLOCK));
}

static void read_random(struct load *load)
{
	struct io *io = load->own;

	done(load, pread(io->read, io->block, BLOCK, io->begin + (off_t)(load_random(load) % io->blocks) * BLOCK));
}

static void tell(struct load *load, uint64_t units)
{
	uint64_t before = load->looked_ns;

	load_latency(load, load_look(load) - before);
	load_count(load, units);
}

/* 64 KiB in blocks, each written through, and fdatasync(2). */
void work_io_sync_write(struct load *load)
{
	struct io *io = load->own;

	while (load_goes_on(load)) {
		write_stripe(load);
		done(load, fdatasync(io->written));
		tell(load, STRIPE_BLOCKS);
	}
}

void work_io_random_read(struct load *load)
{
	while (load_goes_on(load)) {
		read_random(load);
		tell(load, 1);
	}
}

/* A block written in order and one read anywhere, in turn; fdatasync(2) after sixteen. */
void work_io_convoy(struct load *load)
{
	struct io *io = load->own;

	for (uint64_t at = 0; load_goes_on(load); at += 1) {
		done(load, pwrite(io->written, io->block, BLOCK, io->begin + (off_t)(at % io->blocks) * BLOCK));
		read_random(load);
		if (at % STRIPE_BLOCKS == STRIPE_BLOCKS - 1)
			done(load, fdatasync(io->written));
		tell(load, 2);
	}
}
