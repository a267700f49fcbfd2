/**
 * `npm run bench -- watch`: how soon `corral watch` finds and governs processes, and what it costs, beside a scan at
 * intervals and cgrulesengd.
 *
 *     npm run bench -- watch.bench [--processes N] [--rounds N] [--seconds N] [--json]
 *
 * So many idle processes live on the host meanwhile; each latency is of so many executions; rest is measured for so many
 * seconds. Exit status 1 when a target fails. `npm run bench -- watch` also runs watch-rules.bench.ts, the matching alone.
 */
import { copyFileSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { makeParent } from "./lib/group-parent.ts";
import { sleep } from "./lib/measure.ts";
import type { Target } from "./lib/print.ts";
import { fixed, holds, table, targetLines } from "./lib/print.ts";
import type { Cost } from "./watch/cost.ts";
import { forkRate, measureCost, readMetrics } from "./watch/cost.ts";
import { startCrowd, startStorm } from "./watch/crowd.ts";
import type { Discoverer, Place } from "./watch/discoverers.ts";
import { startCgrulesengd, startCorral, whyNoCgrulesengd } from "./watch/discoverers.ts";
import type { Quantiles } from "./watch/latency.ts";
import { measureBurst, measurePaced, ownAccount, quantiles } from "./watch/latency.ts";

const { values } = parseArgs({
  options: {
    processes: { type: "string", default: "2000" },
    rounds: { type: "string", default: "200" },
    seconds: { type: "string", default: "60" },
    json: { type: "boolean", default: false },
  },
  strict: false,
});
const processes = Number(values["processes"]);
const rounds = Number(values["rounds"]);
const idleSec = Number(values["seconds"]);
const stormSec = Math.min(20, idleSec);

interface Row {
  readonly name: string;
  /** From the exec until the process is in its groups, seen from outside, one at a time. */
  readonly inGroup: Quantiles | null;
  /** Executions for which no quiet moment came. */
  readonly disturbed: number;
  /** By Corral's own account: from the exec to the match and to the limits, one at a time and all at once. */
  readonly discovered: Quantiles | null;
  readonly governed: Quantiles | null;
  readonly burstDiscovered: Quantiles | null;
  readonly burstGoverned: Quantiles | null;
  readonly idle: Cost;
  readonly storm: Cost;
  readonly scanMsPerThousand: number | null;
  readonly missing: string | null;
}

const nothing: Cost = { cpuPercent: Number.NaN, rssMib: Number.NaN };
const absent = (name: string, missing: string): Row => ({
  name,
  missing,
  ...{ inGroup: null, discovered: null, governed: null, burstDiscovered: null, burstGoverned: null },
  ...{ disturbed: 0, idle: nothing, storm: nothing, scanMsPerThousand: null },
});

interface Variant {
  readonly name: string;
  readonly start: (place: Place) => Promise<Discoverer>;
  readonly rounds: number;
  readonly burst: number;
  /** Serves its metrics on a socket of the scratch directory. */
  readonly socket: boolean;
  readonly missing: string | null;
}

const listen = (place: Place): string => `listen: "unix:${path.join(place.scratch, "metrics")}"`;

const variants: readonly Variant[] = [
  {
    name: "corral watch, events",
    start: (place) => startCorral(place, listen(place)),
    ...{ rounds, burst: rounds, socket: true, missing: null },
  },
  {
    name: "corral watch, scan every second",
    start: (place) => startCorral(place, listen(place), "discovery: scan", "scan_interval: 1s"),
    ...{ rounds: Math.min(rounds, 30), burst: 0, socket: true, missing: null },
  },
  {
    name: "cgrulesengd",
    start: startCgrulesengd,
    ...{ rounds, burst: 0, socket: false, missing: whyNoCgrulesengd() },
  },
];

async function measure(variant: Variant, place: Place, nullFd: number): Promise<Row> {
  const { name, missing } = variant;
  if (missing !== null) return absent(name, missing);
  const discoverer = await variant.start(place);
  try {
    const { waits, disturbed } = await measurePaced(place, nullFd, { count: variant.rounds, gapMs: 20 });
    const own = ownAccount(discoverer);
    const burst = await measureBurst(place, nullFd, discoverer, variant.burst);
    await sleep(2000);
    const idle = await measureCost(discoverer, idleSec);
    // Of scans at rest: the last one before the storm.
    const metrics = variant.socket ? await readMetrics(path.join(place.scratch, "metrics")) : null;
    const storm = startStorm();
    const stormCost = await measureCost(discoverer, stormSec).finally(storm.end);
    const of = (numbers: readonly number[]): Quantiles | null => (numbers.length === 0 ? null : quantiles(numbers));
    return {
      name,
      inGroup: quantiles(waits),
      disturbed,
      discovered: of(own.discovered),
      governed: of(own.governed),
      burstDiscovered: of(burst.discovered),
      burstGoverned: of(burst.governed),
      idle,
      storm: stormCost,
      scanMsPerThousand:
        metrics === null
          ? null
          : ((metrics.get("corral_watch_scan_duration_seconds") ?? Number.NaN) * 1e6) /
            (metrics.get("corral_watch_scanned_processes") ?? Number.NaN),
      missing,
    };
  } finally {
    await discoverer.end();
  }
}

const readForks = (): number => Number(/^processes (\d+)/m.exec(readFileSync("/proc/stat", "latin1"))?.[1] ?? 0);

function targetsOf([events]: readonly Row[]): Target[] {
  if (events === undefined) return [];
  return [
    { name: "discovery by events, p99, one at a time, ms", value: events.discovered?.p99 ?? Number.NaN, limit: 50 },
    { name: `the same, ${rounds} at once`, value: events.burstDiscovered?.p99 ?? Number.NaN, limit: 50 },
    { name: "scan of 1,000 processes, ms", value: events.scanMsPerThousand ?? Number.NaN, limit: 100 },
  ];
}

const pair = (one: Quantiles | null): string[] => (one === null ? ["–", "–"] : [fixed(one.p50), fixed(one.p99)]);

function print(rows: readonly Row[], stormRate: number): string {
  const latencies = rows.map((row) => [
    row.missing === null ? row.name : `${row.name}: ${row.missing}`,
    ...pair(row.inGroup),
    ...pair(row.discovered),
    ...pair(row.governed),
    ...pair(row.burstDiscovered),
    ...pair(row.burstGoverned),
  ]);
  const costs = rows.map((row) => [
    row.name,
    fixed(row.idle.cpuPercent),
    fixed(row.storm.cpuPercent),
    fixed(row.idle.rssMib, 0),
    row.scanMsPerThousand === null ? "–" : fixed(row.scanMsPerThousand, 1),
  ]);
  const heads = ["in group", "found", "governed", "burst found", "burst governed"].flatMap((one) => [
    `${one} p50`,
    "p99",
  ]);
  return [
    `Milliseconds from the exec, ${processes} idle processes on the host, ${rounds} executions, each after 20 quiet ms and at once (${rows.reduce((sum, one) => sum + one.disturbed, 0)} met a busy machine):\n`,
    table(["", ...heads], latencies),
    `\nCPU in percent of one, over ${idleSec} s of rest and ${stormSec} s of ${fixed(stormRate, 0)} executions a second:\n`,
    table(["", "rest %", "storm %", "RSS MiB", "scan ms/1,000"], costs),
  ].join("\n");
}

const scratch = mkdtempSync("/tmp/corral-bench-");
const state = mkdtempSync("/dev/shm/corral-bench-");
const target = path.join(scratch, "target");
copyFileSync("/bin/sleep", target);
const crowd = await startCrowd(scratch, processes);
const storm = startStorm();
const stormRate = await forkRate(readForks, 5).finally(storm.end);
const rows: Row[] = [];
try {
  for (const variant of variants) {
    const parent = makeParent();
    try {
      rows.push(await measure(variant, { scratch, state, parent, target }, openSync("/dev/null", "r+")));
    } finally {
      await parent.remove();
    }
  }
} finally {
  crowd.end();
  for (const directory of [scratch, state]) rmSync(directory, { recursive: true, force: true });
}
const targets = targetsOf(rows);
if (values["json"] === true) {
  const document = { schema: "corral.bench-watch/1", processes, rounds, storm_per_sec: stormRate, rows, targets };
  console.log(JSON.stringify(document, null, 2));
} else {
  console.log(print(rows, stormRate));
  console.log(`\n${targetLines(targets)}`);
}
if (!targets.every(holds)) process.exitCode = 1;
