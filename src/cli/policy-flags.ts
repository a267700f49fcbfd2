import type { FlagTable } from "./flag-definition.ts";

export const policyExplainFlags = {
  rules: {
    group: "Policy",
    common: true,
    value: "FILE",
    brief: "the file of rules; without it those of the policy that runs",
  },
  "sock-path": { group: "Policy", common: true, value: "PATH", brief: "socket of the running policy, to know it by" },
  json: { group: "Output", common: true, brief: "one JSON document" },
} as const satisfies FlagTable;

export const policyTestFlags = {
  replay: { group: "Replay", common: true, value: "FILE", brief: "the recording of policy run --record" },
  rules: { group: "Replay", common: true, value: "FILE", brief: "other rules than the recorded ones" },
  json: { group: "Output", common: true, brief: "one JSON document" },
} as const satisfies FlagTable;

export const policyRunFlags = {
  rules: { group: "Policy", common: true, value: "FILE", brief: "the file of rules; without it the classic policy" },
  "delay-sec": {
    group: "Policy",
    common: true,
    value: "DURATION",
    brief: "classic: from exec to the request, 0 to 3600 s (10)",
  },
  "dry-run": { group: "Policy", common: true, brief: "decide everything, do nothing" },
  "sock-path": { group: "Workloads", common: true, value: "PATH", brief: "socket on which workloads enrol" },
  "legacy-socket": {
    group: "Workloads",
    common: true,
    value: "PATH",
    brief: "also serve the original datagram protocol here, asking by SIGUSR1",
  },
  group: { group: "Workloads", common: true, value: "GROUP", brief: "its members may enrol too, by name or number" },
  csv: { group: "Records", common: true, value: "FILE", brief: "one row per attempt, the original columns first" },
  jsonl: { group: "Records", common: true, value: "FILE", brief: "one JSON document per attempt" },
  "rotate-size": {
    group: "Records",
    common: true,
    value: "SIZE",
    brief: "end a file of records at this size and begin the next, 64K or more",
  },
  record: {
    group: "Records",
    common: true,
    value: "FILE",
    brief: "everything that decisions depend on, for policy test",
  },
  scheduling: {
    group: "Policy",
    common: true,
    value: "realtime|fair",
    brief: "realtime: before all others as long as it needs little (realtime)",
  },
  json: { group: "Output", common: true, brief: "one JSON document per event on stdout" },
  quiet: { group: "Output", common: true, brief: "no lines on stderr while it runs" },
} as const satisfies FlagTable;
