import type { Capability, CapabilitySet } from "./capabilities.ts";
import { describeCapabilities } from "./capabilities.ts";
import type { Finding } from "./finding.ts";

/** What a run may need a capability for, besides groups. */
const uses: readonly (readonly [Capability, string])[] = [
  ["SYS_NICE", "--nice below the current value, --sched fifo and rr, --ionice realtime"],
  ["SYS_RESOURCE", "--oom-score below the inherited value, raising hard rlimits"],
  ["SETUID", "running as another user"],
  ["KILL", "signalling other users' processes"],
];

/** Who runs this program and what that forbids. */
export function judgePrivileges(uid: number, set: CapabilitySet | null): Finding {
  const lacking = uses.filter(([name]) => set?.names.has(name) === false);
  const known = set === null ? "capabilities not told" : describeCapabilities(set);
  return {
    group: "privileges",
    name: "user",
    status: set === null ? "unknown" : lacking.length === 0 ? "yes" : lacking.length === uses.length ? "no" : "partly",
    found: `uid ${uid}, ${known}`,
    probe: "getuid(2), CapEff in /proc/self/status",
    consequence:
      lacking.length === 0
        ? "every process attribute can be set"
        : `refused: ${lacking.map(([name, what]) => `${what} (CAP_${name})`).join("; ")}`,
    facts: { uid, capabilities: set === null ? null : [...set.names].map((name) => `CAP_${name}`) },
  };
}
