import { readFileSync } from "node:fs";
import type { WatchConfig, WatchRule } from "./config-types.ts";

/** What a process may do to others, as far as rules need it. */
export interface Privileges {
  readonly uid: number;
  /** Effective capabilities (capabilities(7)). */
  readonly has: (capability: CapabilityName) => boolean;
}

/** Bit numbers of include/uapi/linux/capability.h. */
const capabilityBits = {
  CAP_DAC_OVERRIDE: 1,
  CAP_NET_ADMIN: 12,
  CAP_SYS_PTRACE: 19,
  CAP_SYS_NICE: 23,
  CAP_SYS_RESOURCE: 24,
} as const;
export type CapabilityName = keyof typeof capabilityBits;

/** The privileges of this process, from /proc/self/status. */
export function ownPrivileges(): Privileges {
  const text = readFileSync("/proc/self/status", "latin1");
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)/m.exec(text)?.[1] ?? "0"}`);
  return {
    uid: process.geteuid?.() ?? 0,
    has: (capability) => ((effective >> BigInt(capabilityBits[capability])) & 1n) === 1n,
  };
}

/** Something a rule may ask for, and what it takes to do it to the processes of other users. */
interface Demand {
  /** The parts of a rule that ask for it, by the names they are written with. */
  readonly asked: (rule: WatchRule) => readonly string[];
  readonly isMet: (privileges: Privileges) => boolean;
  /** One clause for people. */
  readonly consequence: string;
}

const attribute =
  (name: "nice" | "ioPriority" | "sched" | "affinity" | "oomScore", written: string) =>
  ({ attributes }: WatchRule): readonly string[] =>
    attributes[name] === null ? [] : [written];

const keysIn = ({ match, except }: WatchRule, wanted: readonly string[]): readonly string[] =>
  [...match, ...except.flat()].map(({ key }) => key).filter((key) => wanted.includes(key));

const demands: readonly Demand[] = [
  {
    // cgroup1_procs_write in kernel/cgroup/cgroup-v1.c asks for the same user; v2 for a common ancestor that may be written.
    asked: ({ limits }) => (Object.keys(limits).length > 0 ? ["limits of groups"] : []),
    isMet: ({ uid }) => uid === 0,
    consequence: "only root can set them on the processes of other users",
  },
  {
    asked: (rule) => [
      ...attribute("nice", "nice")(rule),
      ...attribute("ioPriority", "ionice")(rule),
      ...attribute("sched", "sched")(rule),
      ...attribute("affinity", "affinity")(rule),
    ],
    isMet: ({ has }) => has("CAP_SYS_NICE"),
    consequence: "it takes CAP_SYS_NICE to set them on the processes of other users, and to raise a priority",
  },
  {
    asked: attribute("oomScore", "oom-score"),
    isMet: ({ has }) => has("CAP_DAC_OVERRIDE") && has("CAP_SYS_RESOURCE"),
    consequence: "it takes CAP_DAC_OVERRIDE for the processes of other users, and CAP_SYS_RESOURCE to lower it",
  },
  {
    asked: ({ attributes }) => (attributes.rlimits.length > 0 ? ["rlimit"] : []),
    isMet: ({ has }) => has("CAP_SYS_RESOURCE"),
    consequence: "it takes CAP_SYS_RESOURCE for the processes of other users, and to raise a hard limit",
  },
  {
    asked: (rule) => keysIn(rule, ["exe", "cwd"]),
    isMet: ({ has }) => has("CAP_SYS_PTRACE"),
    consequence: "it takes CAP_SYS_PTRACE to read them of other users; what is hidden matches nothing, and is excepted",
  },
];

/**
 * What of the rules cannot be done to the processes of other users, one line for each rule and each reason, so that a
 * watch that lacks privileges says so before the first process goes without its limits.
 */
export function missingPrivileges({ rules }: Pick<WatchConfig, "rules">, privileges: Privileges): readonly string[] {
  const unmet = demands.filter(({ isMet }) => !isMet(privileges));
  return rules.flatMap((rule) =>
    unmet.flatMap(({ asked, consequence }) => {
      const parts = [...new Set(asked(rule))];
      return parts.length === 0 ? [] : [`rule ${rule.name}, ${parts.join(", ")}: ${consequence}`];
    }),
  );
}
