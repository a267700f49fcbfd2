import type { Finding } from "./finding.ts";
import type { Host } from "./host.ts";
import type { KernelConfig } from "./kernel-config.ts";
import type { Place } from "./places.ts";
import { readText } from "./read.ts";

/** Whether the kernel groups tasks by session; `text` is the sysctl or null. */
export function judgeAutogroup(text: string | null): Finding {
  const on = text === "1";
  return {
    group: "scheduling",
    name: "autogroup",
    status: on ? "partly" : "yes",
    found: text === null ? "not in this kernel" : on ? "on" : "off",
    probe: "/proc/sys/kernel/sched_autogroup_enabled",
    consequence: on
      ? "--nice orders only processes of one session; --cpu-weight also holds against others"
      : "--nice orders against every process of the same cpu group",
    facts: { enabled: on },
  };
}

/** Whether a group needs a budget of its own for realtime tasks; `budgetUs` is that of a new group, null when unseen. */
export function judgeRealtime(budgetUs: string | null, config: KernelConfig | null): Finding {
  const built = config === null ? null : config.get("RT_GROUP_SCHED") === "y";
  const grouped = budgetUs !== null || built === true;
  const unknown = budgetUs === null && built === null;
  const refused = budgetUs === "0";
  return {
    group: "scheduling",
    name: "realtime in groups",
    status: unknown ? "unknown" : refused || (grouped && budgetUs === null) ? "partly" : "yes",
    found:
      budgetUs !== null
        ? `a new group has cpu.rt_runtime_us ${budgetUs}`
        : built === null
          ? "not told"
          : `CONFIG_RT_GROUP_SCHED is ${built ? "on" : "off"}`,
    probe:
      budgetUs === null
        ? `CONFIG_RT_GROUP_SCHED in ${config?.path ?? "no readable file"}`
        : "cpu.rt_runtime_us of a group made for it",
    consequence: unknown
      ? "a refused --sched fifo or rr is reported when it happens"
      : grouped
        ? "--sched fifo or rr is refused (EPERM) together with a cpu limit, unless the group is given a budget"
        : "--sched fifo and rr work inside groups, given CAP_SYS_NICE",
    facts: { new_group_budget_us: budgetUs === null ? null : Number(budgetUs), rt_group_sched: built },
  };
}

/** Probes of the section Scheduling. */
export function findScheduling(host: Host, cpu: Place | undefined): Finding[] {
  const attempt = cpu?.attempt ?? null;
  const budgetUs = attempt?.made === true ? attempt.rtRuntimeUs : null;
  return [judgeAutogroup(readText("/proc/sys/kernel/sched_autogroup_enabled")), judgeRealtime(budgetUs, host.config)];
}
