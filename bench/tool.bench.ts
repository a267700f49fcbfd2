/**
 * `npm run bench -- tool`: what a tool call costs over the plain command, through a guard that runs already.
 *
 *     npm run bench -- tool [--rounds N] [--gap-ms N] [--json] [--emulated]
 *
 * Needs root and a cgroup v2 mount. With --emulated no target is judged. Exit status 1 when one fails.
 */
import { mkdtempSync, openSync, rmSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { requireAddon } from "../src/kernel/index.ts";
import { makeParent } from "./lib/group-parent.ts";
import type { ProcessSample, Summary } from "./lib/measure.ts";
import { interleave, medianDifference, medianRatio, sleep, summarize, timeProcess } from "./lib/measure.ts";
import type { Target } from "./lib/print.ts";
import { fixed, holds, table, targetLines } from "./lib/print.ts";
import { findProgram, plainEnvironment } from "./run/settings.ts";
import { startGuard } from "./tool/guard.ts";
import { names, published, toolVariants } from "./tool/variants.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "101" },
    "gap-ms": { type: "string", default: "50" },
    json: { type: "boolean", default: false },
    emulated: { type: "boolean", default: false },
  },
});

interface Row {
  readonly name: string;
  readonly wall_ms: Summary;
  readonly cpu_ms: Summary;
  /** Medians within a round, over the plain command. */
  readonly over_plain_ms: number;
  readonly to_plain: number;
}

interface ToolResult {
  readonly missing_controllers: readonly string[];
  readonly disturbed_samples: number;
  readonly rows: readonly Row[];
  readonly cgexec_ms: Summary | null;
}

const cgexecName = "cgexec";

/** The peer for which the group stands already, on whatever has the controller of memory. */
function cgexecWords(name: string): readonly string[] | null {
  const program = findProgram("cgexec");
  return program === null ? null : [program, "-g", `memory:${name}`, "/bin/true"];
}

async function measure(): Promise<ToolResult> {
  const addon = requireAddon();
  const nullFd = openSync("/dev/null", "r+");
  const scratch = mkdtempSync("/dev/shm/corral-bench-");
  const parent = makeParent();
  const unified = parent.directoryOf("unified");
  if (unified === null) throw new Error("there is no cgroup v2 mount here");
  const guard = await startGuard(scratch, path.join(unified, "guard"));
  try {
    const take = (command: readonly string[], env: Readonly<Record<string, string>>) => async () => {
      const settings = { file: command[0] ?? "", argv: command, env: plainEnvironment(env), nullFd };
      const sample = await timeProcess(addon, settings);
      if (sample.code !== 0) throw new Error(`${command.join(" ")} ended with ${sample.code}`);
      return sample;
    };
    const variants = toolVariants(guard, scratch);
    const cgexec = cgexecWords(parent.argument);
    const all = new Map(variants.map(({ name, command, env }) => [name, take(command, env)]));
    const takes = cgexec === null || !(await works(take(cgexec, {}))) ? all : all.set(cgexecName, take(cgexec, {}));
    const { samples, disturbed } = await interleave(Number(values.rounds), Number(values["gap-ms"]), takes);
    const wall = (name: string): number[] => (samples.get(name) ?? []).map(({ wallMs }) => wallMs);
    const plain = wall(names.plain);
    return {
      missing_controllers: guard.missing,
      disturbed_samples: disturbed,
      rows: variants.map(({ name }) => ({
        name,
        wall_ms: summarize(wall(name)),
        cpu_ms: summarize((samples.get(name) ?? []).map(({ cpuMs }) => cpuMs)),
        over_plain_ms: medianDifference(wall(name), plain),
        to_plain: medianRatio(wall(name), plain),
      })),
      cgexec_ms: samples.has(cgexecName) ? summarize(wall(cgexecName)) : null,
    };
  } finally {
    await guard.end();
    await parent.remove();
    rmSync(scratch, { recursive: true, force: true });
  }
}

const works = (take: () => Promise<ProcessSample>): Promise<boolean> =>
  take().then(
    () => true,
    () => false,
  );

function print({ rows, missing_controllers, disturbed_samples, cgexec_ms }: ToolResult): string {
  const range = ({ p10, p90 }: Summary): string => `${fixed(p10)}–${fixed(p90)}`;
  const lines = rows.map((row) => [
    row.name,
    fixed(row.wall_ms.median),
    range(row.wall_ms),
    fixed(row.cpu_ms.median),
    fixed(row.over_plain_ms),
    fixed(row.to_plain),
  ]);
  const peers = published.map(
    ({ name, ms, source }) => `  ${name}: ${ms} ms (published: ${source}; not measured here)`,
  );
  return [
    table(["command", "median ms", "p10–p90", "CPU ms", "over plain", "÷ plain"], lines),
    "",
    cgexec_ms === null ? "  cgexec: not here" : `  cgexec, /bin/true, group there: ${fixed(cgexec_ms.median)} ms`,
    ...peers,
    "",
    `  ${disturbed_samples} samples met a busy machine.`,
    missing_controllers.length === 0
      ? "  The groups have all controllers."
      : `  The groups have no ${missing_controllers.join(", ")}: no limit was enforced, and none written.`,
  ].join("\n");
}

function targetsOf({ rows }: ToolResult): readonly Target[] {
  const over = (name: string): number => rows.find((row) => row.name === name)?.over_plain_ms ?? Number.NaN;
  return [names.thin, names.shim].map((name) => ({
    name: `${name}, ms over the plain command`,
    value: over(name),
    limit: 5,
  }));
}

// The set-up that came before must not be heard in the first samples.
await sleep(500);
const result = await measure();
const targets = values.emulated ? [] : targetsOf(result);
if (values.json) {
  const judged = targets.map((target) => ({ ...target, pass: holds(target) }));
  const document = { schema: "corral.bench-tool/1", rounds: Number(values.rounds), gap_ms: Number(values["gap-ms"]) };
  console.log(JSON.stringify({ ...document, ...result, published, targets: judged }, null, 2));
} else {
  console.log(print(result));
  if (targets.length > 0) console.log(`\n${targetLines(targets)}`);
}
process.exitCode = targets.every(holds) ? 0 : 1;
