import type { SettingName } from "../run/settings/index.ts";
import type { FlagDefinition, RawFlags } from "./flag-definition.ts";

/** The flags of every command that sets limits: one for each setting, and the type makes a missing one an error. */
export const limitFlags = {
  "cpu-quota": { group: "CPU", common: true, value: "PERCENT", brief: "hard cap; 100 is one CPU, max is no cap" },
  "cpu-weight": {
    group: "CPU",
    common: true,
    value: "1..10000",
    brief: "share under contention; 100 is the default share",
  },
  "cpu-max": { group: "CPU", value: "'QUOTA PERIOD'", brief: "cap in microseconds, as cpu.max takes it; or max" },
  "cpu-burst": { group: "CPU", value: "DURATION", brief: "unused quota that may be saved up" },
  "cpu-idle": { group: "CPU", brief: "run only when nothing else wants the CPU" },
  cpuset: { group: "CPU", common: true, value: "LIST", brief: "CPUs the workload may use, such as 0-3,6" },
  "cpuset-mems": { group: "CPU", value: "LIST", brief: "memory nodes the workload may use" },
  "cpuset-partition": {
    group: "CPU",
    value: "TYPE",
    choices: ["member", "root", "isolated"],
    brief: "member, root or isolated (cgroup v2)",
  },

  "memory-limit": {
    group: "Memory",
    common: true,
    value: "SIZE",
    brief: "hard cap, then the kernel's OOM killer; a bare number is MiB",
  },
  "memory-max": { group: "Memory", value: "BYTES", brief: "the same cap; a bare number is bytes" },
  "memory-high": { group: "Memory", common: true, value: "SIZE", brief: "throttle and reclaim above this" },
  "memory-low": { group: "Memory", value: "SIZE", brief: "reclaim others first below this" },
  "memory-min": { group: "Memory", value: "SIZE", brief: "never reclaim below this" },
  "swap-max": { group: "Memory", common: true, value: "SIZE", brief: "cap on swap; 0 forbids it" },
  "zswap-max": { group: "Memory", value: "SIZE", brief: "cap on compressed swap in memory" },
  "oom-group": { group: "Memory", brief: "an OOM kill ends the whole workload" },
  "oom-score": { group: "Memory", value: "-1000..1000", brief: "preference as an OOM victim (oom_score_adj)" },

  "io-weight": {
    group: "IO and processes",
    common: true,
    value: "1..100",
    brief: "share of the disk; 100 is the default share",
  },
  "io-weight-raw": { group: "IO and processes", value: "1..10000", brief: "the same in the kernel's whole range" },
  "io-max": {
    group: "IO and processes",
    common: true,
    value: "SPEC",
    repeat: true,
    brief: "'DISK rbps=10M wbps=5M riops=100 wiops=50'",
  },
  "io-latency": {
    group: "IO and processes",
    value: "SPEC",
    repeat: true,
    brief: "'DISK 20ms': latency to defend (cgroup v2)",
  },
  ionice: {
    group: "IO and processes",
    value: "CLASS[:N]",
    brief: "IO priority: realtime, best-effort or idle, level 0..7",
  },
  "pids-max": { group: "IO and processes", common: true, value: "N", brief: "most processes and threads at once" },

  nice: {
    group: "Process attributes",
    common: true,
    value: "-20..19",
    brief: "CPU priority; becomes the group's weight beside --cpu-quota",
  },
  sched: { group: "Process attributes", value: "POLICY[:N]", brief: "other, batch, idle, fifo:1..99 or rr:1..99" },
  affinity: { group: "Process attributes", value: "LIST", brief: "CPU affinity; the workload may widen it again" },
  rlimit: {
    group: "Process attributes",
    value: "NAME=S[:H]",
    repeat: true,
    brief: "resource limit, soft and hard, such as nofile=1024:4096",
  },
} as const satisfies Readonly<Record<SettingName, FlagDefinition>>;

/** What the parser hands over for them. */
export type RawLimitFlags = RawFlags<typeof limitFlags>;
