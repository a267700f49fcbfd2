import { constants } from "node:fs";
import type { Finding } from "./finding.ts";
import type { Host } from "./host.ts";
import { accessErrno, describeAbsence, readText } from "./read.ts";

function findBtf(): Finding {
  const path = "/sys/kernel/btf/vmlinux";
  const errno = accessErrno(path, constants.R_OK);
  return {
    group: "events",
    name: "BTF",
    status: errno === null ? "yes" : "no",
    found: errno === null ? "the kernel describes its own types" : describeAbsence(path, errno),
    probe: `access(2) of ${path}`,
    consequence: errno === null ? "one BPF object fits this kernel" : "no BPF programs; see proc connector",
    facts: { readable: errno === null },
  };
}

/** What decides whether this process may load tracing programs. */
export interface BpfFacts {
  readonly capabilities: Host["capabilities"];
  readonly initialUserNamespace: boolean | null;
  /** kernel.unprivileged_bpf_disabled, or null. */
  readonly unprivilegedDisabled: string | null;
  /** The active word of /sys/kernel/security/lockdown, or null where that is not mounted. */
  readonly lockdown: string | null;
}

/** Tracing needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN, in the initial user namespace (capabilities(7)). */
export function judgeBpf(facts: BpfFacts): Finding {
  const names = facts.capabilities?.names ?? new Set();
  const held = (["BPF", "PERFMON", "SYS_ADMIN"] as const).filter((name) => names.has(name));
  const enough = names.has("SYS_ADMIN") || (names.has("BPF") && names.has("PERFMON"));
  const confined = facts.initialUserNamespace === false;
  const locked = facts.lockdown === "confidentiality";
  const allowed = enough && !confined && !locked;
  const parts = [
    held.length === 0 ? "none of CAP_BPF, CAP_PERFMON, CAP_SYS_ADMIN" : held.map((name) => `CAP_${name}`).join(", "),
    ...(confined ? ["but only inside a user namespace"] : []),
    ...(locked ? ["but the kernel is locked down"] : []),
    ...(facts.unprivilegedDisabled === null ? [] : [`unprivileged_bpf_disabled ${facts.unprivilegedDisabled}`]),
  ];
  return {
    group: "events",
    name: "BPF tracing",
    status: facts.capabilities === null ? "unknown" : allowed ? "yes" : "no",
    found: parts.join("; "),
    probe: "CapEff in /proc/self/status, kernel.unprivileged_bpf_disabled; no program is loaded",
    consequence: allowed
      ? "lifecycle events can come from BPF, with command lines and group ids"
      : "tracing needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN; lifecycle events come from the proc connector or polling",
    facts: { capabilities: held, allowed, unprivileged_bpf_disabled: facts.unprivilegedDisabled },
  };
}

function findSchedExt(bpfAllowed: boolean): Finding {
  const state = readText("/sys/kernel/sched_ext/state");
  const ops = readText("/sys/kernel/sched_ext/root/ops");
  return {
    group: "events",
    name: "sched_ext",
    status: state === null ? "no" : bpfAllowed ? "yes" : "partly",
    found: state === null ? "not in this kernel" : `${state}${ops === null ? "" : `, scheduler ${ops}`}`,
    probe: "/sys/kernel/sched_ext/state",
    consequence:
      state === null
        ? "the kernel's own scheduler shares CPUs by cpu.weight"
        : bpfAllowed
          ? "a BPF scheduler can be loaded; while one is, --cpu-quota may not hold"
          : "this user may not load a BPF scheduler; the kernel's own is used",
    facts: { state, ops },
  };
}

/** What decides whether process events come over netlink. */
export interface ConnectorFacts {
  /** /proc/net/connector, which lists what is registered, or null (only the initial network namespace has it). */
  readonly listing: string | null;
  /** CONFIG_PROC_EVENTS, or null when the configuration is not readable. */
  readonly built: boolean | null;
  /** Of the pid and the user namespace. */
  readonly initialNamespaces: boolean;
  readonly release: string;
  readonly netAdmin: boolean;
}

/** Before Linux 6.6 listening needs CAP_NET_ADMIN (drivers/connector/cn_proc.c). */
export function judgeConnector(facts: ConnectorFacts): Finding {
  const listed = facts.listing !== null && /^cn_proc\s/m.test(facts.listing);
  const [major = 0, minor = 0] = facts.release.split(".").map(Number);
  const open = major > 6 || (major === 6 && minor >= 6) || facts.netAdmin;
  const known = facts.listing !== null || facts.built !== null;
  const there = listed || (facts.listing === null && facts.built === true);
  const usable = listed && facts.initialNamespaces && open;
  const obstacle = !there
    ? "the kernel has none"
    : !facts.initialNamespaces
      ? "closed inside a pid or user namespace"
      : facts.listing === null
        ? "built in, but this network namespace does not show it"
        : "needs CAP_NET_ADMIN before Linux 6.6";
  return {
    group: "events",
    name: "proc connector",
    status: !known ? "unknown" : usable ? "yes" : "no",
    found: !known ? "not told" : usable ? "registered" : obstacle,
    probe: facts.listing === null ? "CONFIG_PROC_EVENTS" : "/proc/net/connector",
    consequence: usable
      ? `lifecycle events without BPF, without command lines${facts.netAdmin ? "" : "; a burst may overflow the small buffer of an unprivileged socket"}`
      : "without BPF, lifecycle events come from polling /proc",
    facts: { registered: listed, usable },
  };
}

/** Probes of the section Events and BPF. */
export function findEvents(host: Host): Finding[] {
  const { capabilities, namespaces, config, release } = host;
  const lockdown = readText("/sys/kernel/security/lockdown");
  const bpf = judgeBpf({
    capabilities,
    initialUserNamespace: namespaces.user,
    unprivilegedDisabled: readText("/proc/sys/kernel/unprivileged_bpf_disabled"),
    lockdown: /\[(\w+)\]/.exec(lockdown ?? "")?.[1] ?? null,
  });
  const connector = judgeConnector({
    listing: readText("/proc/net/connector"),
    built: config === null ? null : config.get("PROC_EVENTS") === "y",
    initialNamespaces: namespaces.pid === true && namespaces.user === true,
    release,
    netAdmin: capabilities?.names.has("NET_ADMIN") === true,
  });
  return [findBtf(), bpf, findSchedExt(bpf.status === "yes"), connector];
}
