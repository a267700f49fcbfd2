/* SPDX-License-Identifier: GPL-2.0-only OR Apache-2.0 */
/* Lines that bash reads from its terminal: what its function readline returns. On x86_64. */
#include "program.h"

SEC("uretprobe")
int on_readline(struct pt_regs *registers)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct readline_record record = {};
	__u32 bytes;
	long got;

	if (registers->ax == 0 || !is_wanted(group_of(task)))
		return 0;
	fill_header(&record.header, task, KIND_READLINE);
	got = bpf_probe_read_user_str(record.text, PATH_BYTES, (const void *)registers->ax);
	record.path_bytes = got > 0 ? got : 0;
	record.cut = got == PATH_BYTES ? CUT_PATH : 0;
	bytes = record_bytes(offsetof(struct readline_record, text), record.path_bytes);
	if (bytes <= sizeof(record))
		send(&record, bytes, KIND_READLINE);
	return 0;
}
