/**
 * `npm run bench -- events`: how soon an exec is told to JavaScript, at what rate none is lost, and how many events a second
 * one thread takes, beside bpftrace and forkstat.
 *
 *     npm run bench -- events [--rounds N] [--execs N] [--burst N] [--json]
 *
 * In each round every watcher sees so many execs, 10 ms apart, one watcher after the other; then all see a burst, as fast as
 * two generators can. Exit status 1 when a target fails. Needs root, and gcc for the generators.
 */
import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import path from "node:path";
import { parseArgs, promisify } from "node:util";
import type { Flood } from "./events/synthetic.ts";
import { measureFlood, measureFullRing } from "./events/synthetic.ts";
import type { WatcherKind } from "./events/watchers.ts";
import { targetName, watcherKinds } from "./events/watchers.ts";
import { compile } from "./lib/compile.ts";
import { quietGap, sleep } from "./lib/measure.ts";
import type { Target } from "./lib/print.ts";
import { fixed, holds, table, targetLines } from "./lib/print.ts";
import type { Quantiles } from "./watch/latency.ts";
import { quantiles } from "./watch/latency.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    execs: { type: "string", default: "100" },
    burst: { type: "string", default: "10000" },
    json: { type: "boolean", default: false },
  },
  strict: false,
});
const [rounds, execs, burst] = [Number(values["rounds"]), Number(values["execs"]), Number(values["burst"])];
const gapUs = 10_000;

interface Row {
  readonly name: string;
  readonly missing: string | null;
  /** Microseconds from the tracepoint to the reader, execs 10 ms apart. */
  readonly late: Quantiles | null;
  /** Of the burst: the same, execs a second, and the share that was not told. */
  readonly burstLate: Quantiles | null;
  readonly perSec: number;
  readonly unseen: number;
  /** By its own account. */
  readonly lost: number | null;
}

const scratch = mkdtempSync("/tmp/corral-bench-");

async function generate(count: number, gap: number, generators: number): Promise<number> {
  const args = [count, gap, generators, path.join(scratch, targetName)].map(String);
  const { stdout } = await promisify(execFile)(path.join(scratch, "execgen"), args);
  return Number(stdout);
}

interface Round {
  readonly lates: readonly number[];
  readonly seen: number;
  readonly tookSec: number;
  readonly lost: number | null;
}

async function measure(kind: WatcherKind, count: number, gap: number, generators: number): Promise<Round> {
  const watcher = await kind.start(scratch);
  await quietGap(200);
  const tookSec = await generate(count, gap, generators);
  await sleep(700);
  const lost = watcher.lost();
  await watcher.end();
  return { lates: watcher.seen.map(({ lateUs }) => lateUs), seen: watcher.seen.length, tookSec, lost };
}

async function measureAll(): Promise<Row[]> {
  const lates = new Map<string, number[]>(watcherKinds.map(({ name }) => [name, []]));
  const present = watcherKinds.filter(({ missing }) => missing === null);
  for (let round = 0; round < rounds; round += 1)
    for (const kind of present) lates.get(kind.name)?.push(...(await measure(kind, execs, gapUs, 1)).lates);
  const rows: Row[] = [];
  for (const kind of watcherKinds) {
    const { name, missing } = kind;
    const nothing = { late: null, burstLate: null, perSec: Number.NaN, unseen: Number.NaN, lost: null };
    if (missing !== null) {
      rows.push({ name, missing, ...nothing });
      continue;
    }
    const run = await measure(kind, burst, 0, 2);
    rows.push({
      name,
      missing,
      late: quantiles(lates.get(name) ?? []),
      burstLate: quantiles(run.lates),
      perSec: burst / run.tookSec,
      unseen: (burst - Math.min(run.seen, burst)) / burst,
      lost: run.lost,
    });
  }
  return rows;
}

function targetsOf(rows: readonly Row[], fullRing: number): Target[] {
  const row = (name: string): Row | undefined => rows.find((one) => one.name === name);
  const [bpf, bpftrace] = [row("corral, bpf"), row("bpftrace, lines read by JavaScript")];
  const ratio = (bpf?.late?.p50 ?? Number.NaN) / (bpftrace?.late?.p50 ?? Number.NaN);
  return [
    ...(bpftrace?.late == null ? [] : [{ name: "p50 exec to JavaScript, bpf / bpftrace", value: ratio, limit: 0.6 }]),
    { name: `events lost of ${burst} execs at full rate, bpf`, value: (bpf?.lost ?? 1) + (bpf?.unseen ?? 1), limit: 0 },
    { name: "1 M/s / events a second from a full ring", value: 1e6 / fullRing, limit: 1 },
  ];
}

function print(rows: readonly Row[], fullRing: number, flood: Flood): string {
  const pair = (one: Quantiles | null): string[] =>
    one === null ? ["–", "–"] : [fixed(one.p50, 0), fixed(one.p99, 0)];
  const lines = rows.map((row) => [
    row.missing === null ? row.name : `${row.name}: ${row.missing}`,
    ...pair(row.late),
    ...pair(row.burstLate),
    fixed(row.perSec, 0),
    fixed(row.unseen * 100, 1),
  ]);
  return [
    `Microseconds from the tracepoint to the reader, ${rounds} x ${execs} execs 10 ms apart; and of ${burst} as fast as they go:\n`,
    table(["", "p50", "p99", "burst p50", "p99", "execs/s", "unseen %"], lines),
    `\nA ring full of records, to the body of a for await: ${fixed(fullRing / 1e6)} M events/s on one thread`,
    `Opens by a process on another CPU: ${fixed(flood.made / 1e3, 0)} k/s made, ${fixed(flood.told / 1e3, 0)} k/s told, ` +
      `${fixed(flood.lost / 1e3, 0)} k/s counted as lost, ${flood.lifecycleLost} lifecycle events lost; ${fixed(flood.cpuNs, 0)} ns CPU each`,
  ].join("\n");
}

try {
  copyFileSync("/bin/true", path.join(scratch, targetName));
  for (const name of ["execgen", "stamp", "flood"]) compile(`events/${name}`, scratch);
  const rows = await measureAll();
  const fullRing = await measureFullRing(8);
  const flood = await measureFlood(scratch, 3);
  const targets = targetsOf(rows, fullRing);
  if (values["json"] === true) {
    console.log(
      JSON.stringify({ schema: "corral.bench-events/1", rows, full_ring_per_sec: fullRing, flood, targets }, null, 2),
    );
  } else {
    console.log(print(rows, fullRing, flood));
    console.log(`\n${targetLines(targets)}`);
  }
  if (!targets.every(holds)) process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
