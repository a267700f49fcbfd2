/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Forks, execs and exits of processes. Threads are passed over: a process begins with its leader and ends with its last. */
#include "program.h"
#include "file-path.h"

/*
 * Processes whose end was told, for kernels that do not say which thread was the last: when two end at a time, both may
 * see none alive.
 */
struct ended {
	__u64 start_boottime;
	__u64 tgid;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct ended);
	__type(value, __u8);
} told_ends SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct exec_record);
} scratch SEC(".maps");

/* TP_PROTO(struct task_struct *parent, struct task_struct *child) */
SEC("tp_btf/sched_process_fork")
int on_fork(__u64 *arguments)
{
	struct task_struct *child = (struct task_struct *)arguments[1];
	struct record_header record;

	if (child->pid != child->tgid || !is_wanted(group_of(child)))
		return 0;
	fill_header(&record, child, KIND_FORK);
	send(&record, sizeof(record), KIND_FORK);
	return 0;
}

/* The path and the arguments behind it; returns the bytes of text. */
static __always_inline __u32 fill_program(struct exec_record *record, struct task_struct *task, const char *path)
{
	unsigned long start = task->mm->arg_start, length = task->mm->arg_end - start;
	long got = bpf_probe_read_kernel_str(record->text, PATH_BYTES, path);
	__u32 at = got > 0 ? got : 0;

	if (at > PATH_BYTES)
		return 0;
	record->path_bytes = at;
	record->cut = at == PATH_BYTES ? CUT_PATH : 0;
	if (length > ARGV_BYTES) {
		length = ARGV_BYTES;
		record->cut |= CUT_ARGV;
	}
	/* The kernel has just written them: they are there, unless memory is so short that they were swapped out. */
	if (length == 0 || bpf_probe_read_user(record->text + at, length, (const void *)start) < 0) {
		record->argv_bytes = 0;
		record->cut |= length == 0 ? 0 : CUT_ARGV;
		return at;
	}
	record->argv_bytes = length;
	return at + length;
}

/* The file that runs, behind `bytes` of text; returns the bytes of text. */
static __always_inline __u32 fill_file(struct exec_record *record, struct task_struct *task, __u32 bytes)
{
	__u32 length;

	record->exe_bytes = 0;
	if (bytes > PATH_BYTES + ARGV_BYTES)
		return bytes;
	length = read_file_path(record->text + bytes, BPF_CORE_READ(task, mm, exe_file));
	record->exe_bytes = length;
	record->cut |= length == 0 ? CUT_EXE : 0;
	return bytes + length;
}

/* TP_PROTO(struct task_struct *task, pid_t old_pid, struct linux_binprm *bprm); the task leads its process by now. */
SEC("tp_btf/sched_process_exec")
int on_exec(__u64 *arguments)
{
	struct task_struct *task = (struct task_struct *)arguments[0];
	struct linux_binprm *program = (struct linux_binprm *)arguments[2];
	struct exec_record *record;
	__u32 zero = 0, bytes;

	if (!is_wanted(group_of(task)))
		return 0;
	record = bpf_map_lookup_elem(&scratch, &zero);
	if (record == NULL)
		return 0;
	fill_header(&record->header, task, KIND_EXEC);
	bytes = fill_program(record, task, program->filename);
	bytes = fill_file(record, task, bytes);
	bytes = record_bytes(offsetof(struct exec_record, text), bytes);
	if (bytes <= sizeof(*record))
		send(record, bytes, KIND_EXEC);
	return 0;
}

/* Whether this is the end of the process's last thread. */
static __always_inline bool is_last(__u64 *arguments, struct task_struct *task)
{
	struct ended key = { .start_boottime = task->group_leader->start_boottime, .tgid = task->tgid };
	__u8 one = 1;

	/* The verifier drops the branch that does not apply; the second argument is not in every kernel. */
	if (settings.exit_tells_group_dead)
		return (bool)arguments[1];
	return task->signal->live.counter == 0 && bpf_map_update_elem(&told_ends, &key, &one, BPF_NOEXIST) == 0;
}

/* TP_PROTO(struct task_struct *task, bool group_dead) */
SEC("tp_btf/sched_process_exit")
int on_exit(__u64 *arguments)
{
	struct task_struct *task = (struct task_struct *)arguments[0];
	struct exit_record record = {};

	if (!is_last(arguments, task) || !is_wanted(group_of(task)))
		return 0;
	fill_header(&record.header, task, KIND_EXIT);
	record.status = task->signal->flags & SIGNAL_GROUP_EXIT ? task->signal->group_exit_code :
								  task->group_leader->exit_code;
	send(&record, sizeof(record), KIND_EXIT);
	return 0;
}
