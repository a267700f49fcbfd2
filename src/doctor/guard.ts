import type { HostCgroups } from "../cgroup/index.ts";
import { probeMemcgBpfOps } from "../kernel/index.ts";
import type { Finding, FindingGroup } from "./finding.ts";
import type { Host } from "./host.ts";
import { readText } from "./read.ts";

/** Whether sessions can be made here: `corral guard` needs every controller on one writable v2 mount. */
export function judgeGuardHost({ kind, unified }: HostCgroups): Finding {
  const writable = unified !== null && !unified.readOnly;
  const usable = kind === "v2" && writable;
  return {
    group: "guard",
    name: "sessions",
    status: usable ? "yes" : "no",
    found:
      kind === "v2" ? (writable ? "cgroup v2 alone, writable" : "cgroup v2 alone, read-only") : `cgroup layout ${kind}`,
    probe: "/proc/self/mountinfo",
    consequence: usable
      ? "corral guard keeps sessions of agents apart"
      : "corral guard refuses to start; boot with systemd.unified_cgroup_hierarchy=1, or cgroup_no_v1=all and a writable cgroup2 mount",
    facts: { usable, layout: kind },
  };
}

/** Whether a cgroup namespace is a boundary of delegation (cgroup-v2.rst, "Delegation Containment"). @param mountinfo null: unreadable */
export function judgeNsdelegate(mountinfo: string | null): Finding {
  const line = (mountinfo ?? "").split("\n").find((one) => / - cgroup2 /.test(one));
  const on = line?.split(" - ")[1]?.split(" ")[2]?.split(",").includes("nsdelegate") ?? null;
  return {
    group: "guard",
    name: "nsdelegate",
    status: on === null ? "unknown" : on ? "yes" : "no",
    found: on === null ? "no cgroup2 mount" : on ? "on" : "off",
    probe: "/proc/self/mountinfo",
    consequence:
      on === true
        ? "who is root in a container's cgroup namespace can neither lift its limits nor leave it"
        : "root in a container that has its own group writable could move out of it; mount -o remount,nsdelegate closes that",
    facts: { on },
  };
}

/** By the kernel's own types. No mainline kernel has them. */
export function judgeMemcgBpfOps(found: ReturnType<typeof probeMemcgBpfOps>): Finding {
  return {
    group: "guard",
    name: "memcg_bpf_ops",
    status: ({ present: "yes", absent: "no", unknown: "unknown" } as const)[found],
    found,
    probe: "the types in /sys/kernel/btf/vmlinux",
    consequence: "memory is protected from user space: clamp, then freeze",
    facts: { found },
  };
}

/** What the guard goes by on this host, from what was found before. */
export function judgeBackends(findings: readonly Pick<Finding, "group" | "name" | "status">[]): Finding {
  const has = (group: FindingGroup, name: string): boolean =>
    findings.some((one) => one.group === group && one.name === name && one.status === "yes");
  const events = has("events", "BPF tracing") ? "bpf" : has("events", "proc connector") ? "proc connector" : "polling";
  const memory = has("pressure", "triggers") ? "two-stage, woken by pressure" : "two-stage, by looks alone";
  const scx = has("events", "sched_ext");
  return {
    group: "guard",
    name: "backends",
    status: events === "bpf" && has("pressure", "triggers") ? "yes" : "partly",
    found: `events: ${events}; memory: ${memory}; CPU: fair${scx ? ", or scx on request" : ""}`,
    probe: "what was found above",
    consequence: "what corral guard uses where its file and flags do not say otherwise",
    facts: { events, memory: "two-stage", psi_triggers: has("pressure", "triggers"), cpu: "fair", scx_possible: scx },
  };
}

/** Probes of the section corral guard. @param findings those of the other sections */
export const findGuard = (host: Host, findings: readonly Finding[]): Finding[] => [
  judgeGuardHost(host.cgroups),
  judgeNsdelegate(readText("/proc/self/mountinfo")),
  judgeMemcgBpfOps(probeMemcgBpfOps()),
  judgeBackends(findings),
];
