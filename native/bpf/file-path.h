/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * The path of a file as /proc/PID/exe has it. bpf_d_path() is not for tracepoints before 6.12 or so, hence this walk from the
 * file up to the root of its mount namespace, written from the end of a buffer to its beginning.
 */
#ifndef CORRAL_BPF_FILE_PATH_H
#define CORRAL_BPF_FILE_PATH_H

#include "program.h"

/* Of one component. */
#define NAME_BYTES 256
/* Components and crossings of mounts; a deeper path is not told. */
#define STEPS 512

struct walk {
	struct dentry *dentry;
	struct mount *mount;
	/* Where the path begins so far. */
	__u32 at;
	__u32 done;
	char text[EXE_BYTES + NAME_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct walk);
} walks SEC(".maps");

/* Puts a slash and the name before the path; false when there is no room, or somebody renames the file meanwhile. */
static __always_inline bool prepend_name(struct walk *walk, struct dentry *dentry)
{
	__u64 hash_len = BPF_CORE_READ(dentry, d_name.hash_len);
	__u32 length = BPF_CORE_READ(dentry, d_name.len);
	__u32 at = walk->at;

	if (length == 0 || length >= NAME_BYTES || at > EXE_BYTES || at < length + 1)
		return false;
	at = (at - length - 1) & (EXE_BYTES - 1);
	walk->text[at] = '/';
	if (bpf_probe_read_kernel(walk->text + at + 1, length & (NAME_BYTES - 1), BPF_CORE_READ(dentry, d_name.name)) < 0)
		return false;
	walk->at = at;
	return BPF_CORE_READ(dentry, d_name.hash_len) == hash_len;
}

/* One component, or from the root of a mount to where it is mounted; returns 1 to end. */
static long step_up(__u32 step, void *unused)
{
	__u32 zero = 0;
	struct walk *walk = bpf_map_lookup_elem(&walks, &zero);
	struct dentry *dentry, *parent;
	struct mount *mount, *mount_parent;

	(void)unused;
	if (walk == NULL)
		return 1;
	dentry = walk->dentry;
	mount = walk->mount;
	parent = BPF_CORE_READ(dentry, d_parent);
	if (dentry == BPF_CORE_READ(mount, mnt.mnt_root)) {
		mount_parent = BPF_CORE_READ(mount, mnt_parent);
		walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		walk->mount = mount_parent;
		if (mount_parent != mount)
			return 0;
		walk->done = 1;
		return 1;
	}
	/* A file of no directory, as memfd_create(2) makes them; a directory that was moved out of its mount has no path. */
	if (dentry == parent) {
		walk->done = step == 0 && prepend_name(walk, dentry);
		return 1;
	}
	walk->dentry = parent;
	return prepend_name(walk, dentry) ? 0 : 1;
}

/* Writes the path to `text`, which has room for EXE_BYTES; returns its length, 0 when it cannot be told. */
static __always_inline __u32 read_file_path(char *text, struct file *file)
{
	__u32 zero = 0, at, length;
	struct walk *walk = bpf_map_lookup_elem(&walks, &zero);

	if (walk == NULL || file == NULL)
		return 0;
	walk->dentry = BPF_CORE_READ(file, f_path.dentry);
	walk->mount = (void *)BPF_CORE_READ(file, f_path.mnt) - bpf_core_field_offset(struct mount, mnt);
	walk->at = EXE_BYTES;
	walk->done = 0;
	bpf_loop(STEPS, step_up, NULL, 0);
	at = walk->at;
	if (!walk->done || at >= EXE_BYTES)
		return 0;
	length = (EXE_BYTES - at) & (EXE_BYTES - 1);
	return bpf_probe_read_kernel(text, length, walk->text + (at & (EXE_BYTES - 1))) < 0 ? 0 : length;
}

#endif
