import { constants } from "node:fs";
import { loadAddon, openBpfLifecycle, openProcConnector } from "../kernel/index.ts";
import { CorralError } from "../report/index.ts";
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
  /** Why the lifecycle programs were refused, null when they were attached; undefined when it was not tried, for want of the addon. */
  readonly refusal: string | null | undefined;
  readonly capabilities: Host["capabilities"];
  readonly initialUserNamespace: boolean | null;
  /** kernel.unprivileged_bpf_disabled, or null. */
  readonly unprivilegedDisabled: string | null;
  /** The active word of /sys/kernel/security/lockdown, or null where that is not mounted. */
  readonly lockdown: string | null;
}

/** What stands in the way, as far as the facts tell: without CAP_BPF and CAP_PERFMON nothing else matters (capabilities(7)). */
function bpfObstacle({ refusal, capabilities, initialUserNamespace, lockdown }: BpfFacts): string {
  const names = capabilities?.names ?? new Set();
  const enough = names.has("SYS_ADMIN") || (names.has("BPF") && names.has("PERFMON"));
  if (refusal === undefined) return "needs the native addon";
  if (initialUserNamespace === false) return "closed inside a user namespace";
  if (lockdown === "confidentiality") return "the kernel is locked down";
  return capabilities !== null && !enough ? "needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN" : (refusal ?? "");
}

/** The judgement on BPF tracing programs. */
export function judgeBpf(facts: BpfFacts): Finding {
  const usable = facts.refusal === null;
  const names = facts.capabilities?.names ?? new Set();
  const held = (["BPF", "PERFMON", "SYS_ADMIN"] as const).filter((name) => names.has(name));
  return {
    group: "events",
    name: "BPF tracing",
    status: usable ? "yes" : "no",
    found: usable ? "programs can be loaded and attached" : bpfObstacle(facts),
    probe: facts.refusal === undefined ? "the native addon" : "attached the lifecycle programs and left at once",
    consequence: usable
      ? "lifecycle events come from BPF, with owner, command line and group id"
      : "lifecycle events come from the proc connector or polling",
    facts: {
      capabilities: held,
      refusal: facts.refusal ?? null,
      usable,
      unprivileged_bpf_disabled: facts.unprivilegedDisabled,
    },
  };
}

function tryBpf(): string | null | undefined {
  return loadAddon() === null
    ? undefined
    : whyNotOpened(() => openBpfLifecycle({ ringBytes: 4096, cgroup: null }).close());
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
  /** Why a subscription was refused, null when it was granted; undefined when none was tried, for want of the addon. */
  readonly refusal: string | null | undefined;
  /** /proc/net/connector, which lists what is registered, or null (only the initial network namespace has it). */
  readonly listing: string | null;
  /** CONFIG_PROC_EVENTS, or null when the configuration is not readable. */
  readonly built: boolean | null;
  /** Of the pid and the user namespace. */
  readonly initialNamespaces: boolean;
  readonly netAdmin: boolean;
}

/** Why the connector does not answer, as far as the facts tell. */
function connectorObstacle({ refusal, listing, built, initialNamespaces }: ConnectorFacts): string {
  const listed = listing !== null && /^cn_proc\s/m.test(listing);
  if (refusal === undefined) return "needs the native addon";
  if (listing === null ? built === false : !listed) return "the kernel has none";
  if (!initialNamespaces) return "closed inside a pid or user namespace";
  if (listing === null) return "this network namespace does not have it";
  // drivers/connector/cn_proc.c
  return refusal?.endsWith("EPERM") === true ? "needs CAP_NET_ADMIN before Linux 6.6" : (refusal ?? "");
}

/** The judgement on the proc connector. */
export function judgeConnector(facts: ConnectorFacts): Finding {
  const usable = facts.refusal === null;
  return {
    group: "events",
    name: "proc connector",
    status: usable ? "yes" : "no",
    found: usable ? "answers" : connectorObstacle(facts),
    probe: facts.refusal === undefined ? "the native addon" : "subscribed to it and left at once",
    consequence: usable
      ? `lifecycle events without BPF, without command lines${facts.netAdmin ? "" : "; a burst may overflow the small buffer of an unprivileged socket"}`
      : "without BPF, lifecycle events come from polling /proc",
    facts: { refusal: facts.refusal ?? null, usable },
  };
}

function tryConnector(): string | null | undefined {
  return loadAddon() === null ? undefined : whyNotOpened(() => openProcConnector(4096).close());
}

function whyNotOpened(openAndClose: () => void): string | null {
  try {
    openAndClose();
    return null;
  } catch (thrown) {
    return CorralError.from(thrown).message;
  }
}

/** Probes of the section Events and BPF. */
export function findEvents(host: Host): Finding[] {
  const { capabilities, namespaces, config } = host;
  const lockdown = readText("/sys/kernel/security/lockdown");
  const bpf = judgeBpf({
    refusal: tryBpf(),
    capabilities,
    initialUserNamespace: namespaces.user,
    unprivilegedDisabled: readText("/proc/sys/kernel/unprivileged_bpf_disabled"),
    lockdown: /\[(\w+)\]/.exec(lockdown ?? "")?.[1] ?? null,
  });
  const connector = judgeConnector({
    refusal: tryConnector(),
    listing: readText("/proc/net/connector"),
    built: config === null ? null : config.get("PROC_EVENTS") === "y",
    initialNamespaces: namespaces.pid === true && namespaces.user === true,
    netAdmin: capabilities?.names.has("NET_ADMIN") === true,
  });
  return [findBtf(), bpf, findSchedExt(bpf.status === "yes"), connector];
}
