import { planLimits } from "../../src/cgroup/index.ts";
import { compile } from "../lib/compile.ts";
import { host } from "../lib/group-parent.ts";
import type { Settings } from "./settings.ts";
import { findProgram } from "./settings.ts";

/** The three limits of the headline figure, as they are planned. */
const limits = { cpuMax: { quotaUs: 50_000, periodUs: 100_000 }, memoryMax: 512 * 2 ** 20, pidsMax: 100 } as const;

/** What the report of a run is made from. */
const counters = {
  unified: ["cpu.stat", "cpu.pressure", "memory.pressure", "io.pressure"],
  cpu: ["cpu.stat"],
  memory: ["memory.max_usage_in_bytes", "memory.oom_control", "memory.failcnt", "memory.events", "memory.peak"],
  io: ["blkio.throttle.io_service_bytes_recursive", "io.stat"],
  pids: ["pids.peak", "pids.events"],
} as const;

/**
 * The command line of floor.c for the groups that `corral run` makes here with the three limits: one in the v2 hierarchy, and one in every
 * v1 hierarchy that limits or counts.
 */
export function floorWords({ parent, scratch }: Settings): readonly string[] {
  const program = compile("run/floor", scratch, "-static");
  const unified = parent.directoryOf("unified") ?? "";
  const leaf = "floor";
  const kinds = ["cpu", "memory", "io", "pids"] as const;
  const others = new Set(kinds.map((kind) => parent.directoryOf(kind) ?? unified).filter((path) => path !== unified));
  const placeOf = (kind: keyof typeof counters): string => `${parent.directoryOf(kind) ?? unified}/${leaf}`;
  const writes = planLimits(limits, host).planned.flatMap(({ controller, writes: all }) =>
    all.map(({ file, value }) => [`=${parent.directoryOf(controller) ?? unified}/${leaf}/${file}`, value]),
  );
  const reads = (["unified", ...kinds] as const).flatMap((kind) =>
    counters[kind].map((file) => `-${placeOf(kind)}/${file}`),
  );
  return [
    ...[program, unified, leaf],
    ...[...others].map((path) => `+${path}`),
    ...[...writes.flat(), ...reads, "--"],
    findProgram("true") ?? "/bin/true",
  ];
}
