/* SPDX-License-Identifier: Apache-2.0 */
#include "set.h"

static void tell(const char *name, size_t number)
{
	report_text(name);
	report_text(" ");
	report_number(number);
	report_text("\n");
}

#define FIELD(part, field) tell(#part "." #field, offsetof(struct load_##part, field))

static void tell_header(void)
{
	FIELD(header, version);
	FIELD(header, workers);
	FIELD(header, state);
	FIELD(header, epoch);
	FIELD(header, counters_offset);
	FIELD(header, counters_bytes);
	FIELD(header, records_offset);
	FIELD(header, record_bytes);
	FIELD(header, released_ns);
	FIELD(header, stopped_ns);
}

static void tell_counters(void)
{
	FIELD(counters, iterations);
	FIELD(counters, work_units);
	FIELD(counters, samples);
	FIELD(counters, looked_ns);
	FIELD(counters, max_gap_ns);
	FIELD(counters, max_gap_at_ns);
	FIELD(counters, migrations);
	FIELD(counters, cpu_ns);
	FIELD(counters, run_delay_ns);
	FIELD(counters, max_gap_cpu);
	FIELD(counters, cpu);
	FIELD(counters, stage);
	FIELD(counters, pid);
	FIELD(counters, ended);
	FIELD(counters, wait_status);
	FIELD(counters, ended_ns);
}

static void tell_record(void)
{
	FIELD(record, begun_ns);
	FIELD(record, done_ns);
	FIELD(record, run_ns);
	FIELD(record, run_delay_ns);
	FIELD(record, slices);
	FIELD(record, voluntary_switches);
	FIELD(record, involuntary_switches);
	FIELD(record, minor_faults);
	FIELD(record, major_faults);
	FIELD(record, numa_pages_migrated);
	FIELD(record, latency_min_ns);
	FIELD(record, latency_max_ns);
	FIELD(record, latency_sum_ns);
	FIELD(record, latency_squares);
	FIELD(record, latency_kind);
	FIELD(record, role);
	FIELD(record, group);
	FIELD(record, failures);
	FIELD(record, failure_errno);
	FIELD(record, mempolicy_errno);
	FIELD(record, identity_errno);
	FIELD(record, policy_errno);
	FIELD(record, numa_pages);
	FIELD(record, cpus);
	FIELD(record, histogram);
	FIELD(record, failure_text);
}

int print_load_layout(void)
{
	tell("version", LOAD_VERSION);
	tell("cpus", LOAD_CPUS);
	tell("nodes", LOAD_NODES);
	tell("epochs", LOAD_EPOCHS);
	tell("sub_buckets", LOAD_SUB_BUCKETS);
	tell("buckets", LOAD_BUCKETS);
	tell("failure_bytes", LOAD_FAILURE_BYTES);
	tell_header();
	tell_counters();
	tell_record();
	report_flush();
	return 0;
}
