import { mkdirSync } from "node:fs";
import path from "node:path";
import { requireThinClient } from "../../src/kernel/index.ts";
import type { ProcessSample, Summary } from "../lib/measure.ts";
import { interleave, medianDifference, medianRatio, summarize, timeProcess } from "../lib/measure.ts";
import type { Target } from "../lib/print.ts";
import { fixed, table } from "../lib/print.ts";
import { startGuard } from "../tool/guard.ts";
import { peerGroups } from "./cold-variants.ts";
import { floorWords } from "./floor.ts";
import type { Settings } from "./settings.ts";
import { findProgram, plainEnvironment, threeLimits } from "./settings.ts";

/** One command: wall time, CPU time of its own, and medians within a round. */
export interface ServedRow {
  readonly name: string;
  readonly wall_ms: Summary;
  readonly cpu_ms: Summary;
  readonly over_plain_ms: number;
  /** Null where there is no cgexec. */
  readonly to_cgexec: number | null;
}

export interface ServedResult {
  readonly rows: readonly ServedRow[];
  readonly disturbed_samples: number;
}

const names = {
  plain: "true, executed directly",
  cgexec: "cgexec, group already there",
  floor: "the same kernel work by a C program",
  served: "corral run, three limits, through a guard",
  onDisk: "the same, state on disk",
} as const;

interface Command {
  readonly name: string;
  readonly words: readonly string[];
  readonly env: readonly string[];
}

function commands(settings: Settings, socket: string): Command[] {
  const { memoryState, diskState, parent } = settings;
  const env = plainEnvironment();
  const cgexec = findProgram("cgexec");
  const run = (name: string, state: string): Command => ({
    name,
    words: [requireThinClient(), "run", "--quiet", ...threeLimits, "--", "true"],
    env: plainEnvironment({
      CORRAL_STATE_DIR: state,
      CORRAL_CGROUP_PARENT: parent.argument,
      CORRAL_GUARD_SOCKET: socket,
    }),
  });
  return [
    { name: names.plain, words: [findProgram("true") ?? "/bin/true"], env },
    ...(cgexec === null ? [] : [{ name: names.cgexec, words: [cgexec, ...peerGroups(settings), "true"], env }]),
    { name: names.floor, words: floorWords(settings), env },
    run(names.served, memoryState),
    ...(diskState === null ? [] : [run(names.onDisk, diskState)]),
  ];
}

/** Cold command lines beside a guard that runs already, interleaved. */
export async function measureServed(settings: Settings): Promise<ServedResult> {
  const { addon, nullFd, parent, memoryState } = settings;
  const unified = parent.directoryOf("unified");
  if (unified === null) throw new Error("there is no cgroup v2 mount here");
  const place = path.join(memoryState, "guard");
  mkdirSync(place);
  const guard = await startGuard(place, path.join(unified, "guard"));
  try {
    const take =
      ({ words, env }: Command) =>
      async (): Promise<ProcessSample> => {
        const sample = await timeProcess(addon, { file: words[0] ?? "", argv: words, env, nullFd });
        if (sample.code !== 0) throw new Error(`${words.join(" ")} ended with ${sample.code}`);
        return sample;
      };
    const all = new Map(commands(settings, guard.socket).map((command) => [command.name, take(command)] as const));
    const { samples, disturbed } = await interleave(settings.rounds, settings.gapMs, all);
    const wall = (name: string): number[] => (samples.get(name) ?? []).map(({ wallMs }) => wallMs);
    const rows = [...all.keys()].map((name: string) => ({
      name,
      wall_ms: summarize(wall(name)),
      cpu_ms: summarize((samples.get(name) ?? []).map(({ cpuMs }) => cpuMs)),
      over_plain_ms: medianDifference(wall(name), wall(names.plain)),
      to_cgexec: samples.has(names.cgexec) ? medianRatio(wall(name), wall(names.cgexec)) : null,
    }));
    return { rows, disturbed_samples: disturbed };
  } finally {
    await guard.end();
  }
}

/** Through a guard against a peer whose group stands already. */
export function servedTargets({ rows }: ServedResult): Target[] {
  const value = rows.find(({ name }) => name === names.served)?.to_cgexec ?? Number.NaN;
  return [{ name: "corral run with three limits through a guard ÷ cgexec", value, limit: 0.25 }];
}

export function printServed({ rows, disturbed_samples }: ServedResult): string {
  const head = ["beside a guard (ms)", "median", "p10", "p90", "cpu", "over plain", "÷ cgexec"];
  const lines = rows.map((row) => [
    row.name,
    fixed(row.wall_ms.median),
    fixed(row.wall_ms.p10),
    fixed(row.wall_ms.p90),
    fixed(row.cpu_ms.median),
    fixed(row.over_plain_ms),
    row.to_cgexec === null ? "-" : fixed(row.to_cgexec),
  ]);
  return [table(head, lines), `  samples taken on a busy machine: ${disturbed_samples}`].join("\n");
}
