/**
 * `npm run bench -- policy`: how late deadlines are met, at rest and while thousands of programs are executed, what a
 * request and its acknowledgement take, and what queue and engine cost.
 *
 *     npm run bench -- policy [--events N] [--sleepers N] [--only queue|engine|live] [--scheduling realtime|fair] [--json]
 *
 * So many synthetic events for the engine, so many deadlines for each lateness. Exit status 1 when a target fails.
 */
import { parseArgs } from "node:util";
import type { LatencyFigures } from "../src/report/index.ts";
import { sleep } from "./lib/measure.ts";
import type { Target } from "./lib/print.ts";
import { fixed, holds, table, targetLines } from "./lib/print.ts";
import { measureQueue } from "./policy/queue.ts";
import { cpuSec, forksSoFar, startExecStorm, startPolicy, startSleepers, startWorkload } from "./policy/running.ts";
import { measureEngine } from "./policy/synthetic.ts";

const { values } = parseArgs({
  options: {
    events: { type: "string", default: "10000000" },
    sleepers: { type: "string", default: "300" },
    only: { type: "string" },
    scheduling: { type: "string", default: "realtime" },
    json: { type: "boolean", default: false },
  },
  strict: false,
});
const wants = (part: string): boolean => values["only"] === undefined || values["only"] === part;
const sleepers = Number(values["sleepers"]);

interface Lateness {
  readonly name: string;
  readonly source: string;
  readonly execsPerSec: number;
  readonly cpuPercent: number;
  /** CPU time of the policy for each process that was started. */
  readonly cpuPerExecUs: number;
  readonly figures: LatencyFigures;
  readonly lost: number;
}

async function measureLateness(name: string, rules: readonly string[] | null, isBusy: boolean): Promise<Lateness> {
  const policy = await startPolicy(rules, String(values["scheduling"]));
  const storm = isBusy ? startExecStorm(2000) : null;
  await sleep(500);
  const before = { forks: forksSoFar(), cpu: cpuSec(policy.pid), ms: performance.now() };
  await startSleepers(sleepers, 20);
  const sec = (performance.now() - before.ms) / 1000;
  const execsPerSec = (forksSoFar() - before.forks) / sec;
  const cpuSecs = cpuSec(policy.pid) - before.cpu;
  const cpuPercent = (cpuSecs / sec) * 100;
  const cpuPerExecUs = (cpuSecs * 1e6) / (execsPerSec * sec);
  storm?.end();
  const { lateness, summary } = await policy.end();
  const lost = summary.lost_events ?? 0;
  return { name, source: policy.source, execsPerSec, cpuPercent, cpuPerExecUs, figures: lateness, lost };
}

/** A message every 50 ms to a Node workload that answers at once. */
async function measureRoundTrip(): Promise<LatencyFigures> {
  const policy = await startPolicy(["  - { name: ask, when: { every: 50ms }, do: { message: trim } }"]);
  const workload = startWorkload(policy.socket);
  await sleep(15_000);
  workload.end();
  return (await policy.end()).summary.ack_latency;
}

const sleeperRule = [
  "  - { name: end, select: { exe: '/**/sleep' }, when: { exec: { after: 500ms } }, do: { exec: [/bin/true] }, limits: { dry_run: true, in_flight: 99 } }",
];

const queue = wants("queue") ? [100_000, 1_000_000].map(measureQueue) : [];
const engine = wants("engine") ? measureEngine(Number(values["events"])) : null;
const lateness: Lateness[] = [];
let roundTrip: LatencyFigures | null = null;
if (wants("live")) {
  lateness.push(
    await measureLateness("a rule for one program, at rest", sleeperRule, false),
    await measureLateness("the same, in a storm of execs", sleeperRule, true),
    await measureLateness("the classic policy, at rest", null, false),
    await measureLateness("the same, in a storm of execs", null, true),
  );
  roundTrip = await measureRoundTrip();
}

const us = (value: number | null | undefined): number => value ?? Number.NaN;
const targets: Target[] = [
  ...queue
    .filter(({ pending }) => pending === 1_000_000)
    .map(({ bytes }) => ({ name: "memory of 1,000,000 pending deadlines, MB", value: bytes / 1e6, limit: 20 })),
  ...(engine === null
    ? []
    : [
        { name: "cost of the last events ÷ that of the first", value: engine.lastUs / engine.firstUs, limit: 1.3 },
        { name: "growth over the run, MiB", value: engine.grownMib, limit: 64 },
      ]),
  ...lateness.map(({ name, figures, execsPerSec }, index) => ({
    name: `lateness p99, ${name} (${fixed(execsPerSec, 0)} forks/s), ms`,
    value: us(figures.p99_us) / 1000,
    limit: index % 2 === 0 ? 2 : 20,
  })),
];

if (values["json"] === true)
  console.log(
    JSON.stringify({ schema: "corral.bench-policy/1", queue, engine, lateness, roundTrip, targets }, null, 2),
  );
else {
  if (queue.length > 0)
    console.log(
      `Deadline queue, nanoseconds:\n\n${table(
        ["pending", "add", "take and add", "cancel", "take", "MB"],
        queue.map((one) => [
          String(one.pending),
          ...[one.addNs, one.turnNs, one.cancelNs, one.takeNs].map((ns) => fixed(ns, 0)),
          fixed(one.bytes / 1e6, 1),
        ]),
      )}\n`,
    );
  if (engine !== null)
    console.log(
      `Engine, classic policy, ${engine.events} synthetic events: ${fixed(engine.firstUs)} µs an event at first, ${fixed(engine.lastUs)} at last; memory grew by ${fixed(engine.grownMib, 0)} MiB; ${engine.tracked} processes and ${engine.deadlines} deadlines at the end\n`,
    );
  if (lateness.length > 0)
    console.log(
      `Lateness of deadlines, microseconds:\n\n${table(
        ["", "p50", "p99", "max", "deadlines", "forks/s", "CPU %", "CPU µs/fork", "lost"],
        lateness.map(({ name, figures, execsPerSec, cpuPercent, cpuPerExecUs, lost }) => [
          name,
          fixed(us(figures.p50_us), 0),
          fixed(us(figures.p99_us), 0),
          fixed(us(figures.max_us), 0),
          String(figures.count),
          fixed(execsPerSec, 0),
          fixed(cpuPercent, 1),
          fixed(cpuPerExecUs, 0),
          String(lost),
        ]),
      )}\n  events of ${lateness[0]?.source}\n`,
    );
  if (roundTrip !== null)
    console.log(
      `Request to acknowledgement, Node to Node: p50 ${fixed(us(roundTrip.p50_us), 0)} µs, p99 ${fixed(us(roundTrip.p99_us), 0)} µs, of ${roundTrip.count}\n`,
    );
  console.log(targetLines(targets));
}
if (!targets.every(holds)) process.exitCode = 1;
