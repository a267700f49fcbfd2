/* SPDX-License-Identifier: Apache-2.0 */
/* Where the fields of the BPF programs' records are, so that a test can compare them with the decoder's. */
#include "addon.h"
#include "bpf-object.h"

#define FIELD(type, field) { #type "." #field, offsetof(struct type, field) }
#define SIZE(type) { #type, sizeof(struct type) }

/* bpfLayout() -> { "record.field": offset, record: bytes, … } */
napi_value bpf_layout_call(napi_env env, napi_callback_info info)
{
	static const struct {
		const char *name;
		size_t value;
	} layout[] = {
		FIELD(record_header, timestamp_ns),
		FIELD(record_header, start_ticks),
		FIELD(record_header, cgroup_id),
		FIELD(record_header, kind),
		FIELD(record_header, tgid),
		FIELD(record_header, ppid),
		FIELD(record_header, uid),
		FIELD(record_header, comm),
		SIZE(record_header),
		FIELD(exit_record, status),
		SIZE(exit_record),
		FIELD(exec_record, path_bytes),
		FIELD(exec_record, argv_bytes),
		FIELD(exec_record, exe_bytes),
		FIELD(exec_record, cut),
		FIELD(exec_record, text),
		FIELD(open_record, result),
		FIELD(open_record, flags),
		FIELD(open_record, path_bytes),
		FIELD(open_record, cut),
		FIELD(open_record, text),
		FIELD(readline_record, path_bytes),
		FIELD(readline_record, cut),
		FIELD(readline_record, text),
		FIELD(shared_state, lost),
		FIELD(shared_state, quiet),
		FIELD(shared_state, urgent),
		SIZE(shared_state),
	};
	napi_value result;

	(void)info;
	CHECK(env, napi_create_object(env, &result));
	for (size_t i = 0; i < sizeof(layout) / sizeof(layout[0]); i++)
		CHECK(env, set_number(env, result, layout[i].name, (double)layout[i].value));
	return result;
}
