/**
 * `npm run bench -- placement`: from the exec of a program that a rule is for until the process is in its group, told by the
 * kernel's tracer, through a guard that runs already; beside cgrulesengd of cgroup-tools.
 *
 *     npm run bench -- placement [--count N] [--only WORD] [--json]
 *
 * Needs root, a cgroup v2 mount and tracefs. Exit status 1 when a target fails.
 */
import { copyFileSync, mkdtempSync, openSync, rmSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { makeParent } from "./lib/group-parent.ts";
import type { Target } from "./lib/print.ts";
import { fixed, holds, table, targetLines } from "./lib/print.ts";
import { openKernelTrace } from "./placement/kernel-trace.ts";
import type { Mover } from "./placement/movers.ts";
import { movers } from "./placement/movers.ts";
import type { Pace, Series } from "./placement/series.ts";
import { measureSeries } from "./placement/series.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "300" },
    only: { type: "string", default: "" },
    json: { type: "boolean", default: false },
  },
  strict: false,
});
const count = Number(values["count"]);

/** The kernel's lock cools within some 10 ms; the second pace never lets it. */
const paces: readonly Pace[] = [
  { name: "after 50 ms of rest", gapMs: 50, lifeMs: 40 },
  { name: "one after the other", gapMs: 1, lifeMs: 3 },
];

interface Row {
  readonly name: string;
  readonly missing: string | null;
  readonly series: readonly Series[];
}

async function measure({ name, missing, start }: Mover): Promise<Row> {
  if (missing !== null) return { name, missing, series: [] };
  const scratch = mkdtempSync("/dev/shm/corral-bench-");
  const target = path.join(scratch, "target");
  copyFileSync("/bin/sleep", target);
  const parent = makeParent();
  try {
    const trace = await openKernelTrace(target, parent.name);
    try {
      const running = await start({ scratch, state: scratch, parent, target });
      const nullFd = openSync("/dev/null", "r+");
      const series: Series[] = [];
      try {
        for (const pace of paces) series.push(await measureSeries(trace, running, { target, nullFd, count }, pace));
      } finally {
        await running.end();
      }
      return { name, missing, series };
    } finally {
      await trace.end();
    }
  } finally {
    await parent.remove();
    rmSync(scratch, { recursive: true, force: true });
  }
}

function print(rows: readonly Row[]): string {
  const lines = rows.flatMap(({ name, missing, series }) =>
    missing === null
      ? series.map(({ pace, us, missed, disturbed, keeperPercent }) => [
          `${name}, ${pace}`,
          ...[us.p50, us.p99, us.max].map((value) => fixed(value, 0)),
          String(us.count),
          String(missed),
          String(disturbed),
          keeperPercent === null ? "–" : fixed(keeperPercent),
        ])
      : [[`${name}: ${missing}`]],
  );
  const head = ["microseconds from exec to group", "p50", "p99", "max", "count", "missed", "busy", "keeper CPU %"];
  return table(head, lines);
}

function targetsOf(rows: readonly Row[]): readonly Target[] {
  const series = rows.find(({ name }) => name === movers[0]?.name)?.series ?? [];
  return series.map(({ pace, us }) => ({ name: `${movers[0]?.name}, ${pace}, p50 µs`, value: us.p50, limit: 150 }));
}

const rows: Row[] = [];
for (const mover of movers) if (mover.name.includes(String(values["only"]))) rows.push(await measure(mover));
const targets = targetsOf(rows);
if (values["json"] === true) {
  const judged = targets.map((one) => ({ ...one, pass: holds(one) }));
  console.log(JSON.stringify({ schema: "corral.bench-placement/1", count, rows, targets: judged }, null, 2));
} else {
  console.log(print(rows));
  if (targets.length > 0) console.log(`\n${targetLines(targets)}`);
}
if (!targets.every(holds)) process.exitCode = 1;
