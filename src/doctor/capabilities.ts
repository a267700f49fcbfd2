/** Names by bit number (include/uapi/linux/capability.h), without the prefix CAP_. */
const capabilityNames = [
  "CHOWN",
  "DAC_OVERRIDE",
  "DAC_READ_SEARCH",
  "FOWNER",
  "FSETID",
  "KILL",
  "SETGID",
  "SETUID",
  "SETPCAP",
  "LINUX_IMMUTABLE",
  "NET_BIND_SERVICE",
  "NET_BROADCAST",
  "NET_ADMIN",
  "NET_RAW",
  "IPC_LOCK",
  "IPC_OWNER",
  "SYS_MODULE",
  "SYS_RAWIO",
  "SYS_CHROOT",
  "SYS_PTRACE",
  "SYS_PACCT",
  "SYS_ADMIN",
  "SYS_BOOT",
  "SYS_NICE",
  "SYS_RESOURCE",
  "SYS_TIME",
  "SYS_TTY_CONFIG",
  "MKNOD",
  "LEASE",
  "AUDIT_WRITE",
  "AUDIT_CONTROL",
  "SETFCAP",
  "MAC_OVERRIDE",
  "MAC_ADMIN",
  "SYSLOG",
  "WAKE_ALARM",
  "BLOCK_SUSPEND",
  "AUDIT_READ",
  "PERFMON",
  "BPF",
  "CHECKPOINT_RESTORE",
] as const;
/** A capability of capabilities(7), without the prefix CAP_. */
export type Capability = (typeof capabilityNames)[number];

/** The effective capabilities of a process; `all` when none that this table knows is missing. */
export interface CapabilitySet {
  readonly names: ReadonlySet<Capability>;
  readonly missing: readonly Capability[];
}

/** Reads `CapEff` from the text of /proc/PID/status (proc_pid_status(5)); null when there is no such line. */
export function parseCapabilities(status: string): CapabilitySet | null {
  const hex = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (hex === undefined) return null;
  const bits = BigInt(`0x${hex}`);
  const has = (index: number): boolean => ((bits >> BigInt(index)) & 1n) === 1n;
  return {
    names: new Set(capabilityNames.filter((_, index) => has(index))),
    missing: capabilityNames.filter((_, index) => !has(index)),
  };
}

/** The set in a few words: all, none, all but a few, or the few. */
export function describeCapabilities({ names, missing }: CapabilitySet): string {
  const list = (some: Iterable<Capability>): string => [...some].map((name) => `CAP_${name}`).join(", ");
  if (names.size === 0) return "no capabilities";
  if (missing.length === 0) return "all capabilities";
  return missing.length <= 8 ? `all capabilities but ${list(missing)}` : list(names);
}
