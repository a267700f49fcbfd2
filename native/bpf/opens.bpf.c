/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/*
 * Files that processes ask for, told when the call returns. They have a ring of their own: a flood of them cannot push
 * out a fork, an exec or an exit. Of 64-bit programs on x86_64. The tracepoint is that of all system calls, because not
 * every kernel lets a program trace the functions of a few.
 */
#include "program.h"

/* arch/x86/entry/syscalls/syscall_64.tbl */
#define NR_OPEN 2
#define NR_CREAT 85
#define NR_OPENAT 257
#define NR_OPENAT2 437

/* include/uapi/asm-generic/fcntl.h: what creat(2) stands for. */
#define CREAT_FLAGS (00000001 | 00000100 | 00001000)

struct call {
	unsigned long path;
	__u32 flags;
};

/* False for other system calls. */
static __always_inline bool find_call(struct pt_regs *registers, struct call *call)
{
	unsigned long how;

	switch (registers->orig_ax) {
	case NR_OPENAT:
		call->path = registers->si;
		call->flags = registers->dx;
		return true;
	case NR_OPEN:
		call->path = registers->di;
		call->flags = registers->si;
		return true;
	case NR_CREAT:
		call->path = registers->di;
		call->flags = CREAT_FLAGS;
		return true;
	case NR_OPENAT2:
		call->path = registers->si;
		how = registers->dx;
		/* The first member of struct open_how, of whose 64 bits no upper one is in use. */
		bpf_probe_read_user(&call->flags, sizeof(call->flags), (const void *)how);
		return true;
	default:
		return false;
	}
}

/* TP_PROTO(struct pt_regs *regs, long ret) */
SEC("tp_btf/sys_exit")
int on_syscall_end(__u64 *arguments)
{
	struct pt_regs *registers = (struct pt_regs *)arguments[0];
	struct open_record record;
	struct task_struct *task;
	struct call call = {};
	__u32 bytes;
	long got;

	if (!find_call(registers, &call))
		return 0;
	task = bpf_get_current_task_btf();
	if (task->thread_info.status & TS_COMPAT || (__u32)task->tgid == settings.own_tgid ||
	    !is_wanted(group_of(task)))
		return 0;
	__builtin_memset(&record, 0, sizeof(record));
	fill_header(&record.header, task, KIND_OPEN);
	record.result = arguments[1];
	record.flags = call.flags;
	got = bpf_probe_read_user_str(record.text, PATH_BYTES, (const void *)call.path);
	record.path_bytes = got > 0 ? got : 0;
	record.cut = got == PATH_BYTES ? CUT_PATH : 0;
	bytes = record_bytes(offsetof(struct open_record, text), record.path_bytes);
	if (bytes <= sizeof(record))
		send(&record, bytes, KIND_OPEN);
	return 0;
}
