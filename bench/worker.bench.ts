/**
 * `npm run bench -- worker`: what measuring costs the workers of scenarios: SpinWait beside a bare loop in C, PipeIo beside a
 * ping-pong in C and what others call the same, and what it costs us to look at 64 workers ten times a second. All
 * workers are on CPU 0.
 *
 *     npm run bench -- worker [--rounds N] [--ms N] [--json]
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { packageRoot } from "../src/kernel/index.ts";
import { percentileNs } from "../src/scenario/workers/index.ts";
import { compile } from "./lib/compile.ts";
import { interleave, medianRatio, summarize } from "./lib/measure.ts";
import type { Target } from "./lib/print.ts";
import { fixed, holds, table, targetLines } from "./lib/print.ts";
import type { PeerRate } from "./worker/peers.ts";
import { peers } from "./worker/peers.ts";
import { benchPlan, measureSampling, rateOf, workOnOneCpu } from "./worker/sets.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "11" },
    ms: { type: "string", default: "500" },
    json: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
const ms = Number(values.ms);
const gapMs = 20;

/** Numbers that a program prints. */
const told = (program: string): number[] =>
  spawnSync(program, ["0", String(ms)], { encoding: "utf8" })
    .stdout.trim()
    .split(" ")
    .map(Number);

async function measureSpin(program: string) {
  const spin = async (): Promise<number> => rateOf(await workOnOneCpu(benchPlan("SpinWait", {}), ms));
  const variants = new Map([
    ["SpinWait", spin],
    ["bare loop", async () => told(program)[0] ?? Number.NaN],
  ]);
  const { samples } = await interleave(rounds, gapMs, variants);
  const of = (name: string): readonly number[] => samples.get(name) ?? [];
  return {
    worker: summarize(of("SpinWait")),
    bare: summarize(of("bare loop")),
    bareByWorker: medianRatio(of("bare loop"), of("SpinWait")),
  };
}

interface PipeSample {
  readonly p50Ns: number;
  readonly rate: number;
}

async function measurePipe(program: string) {
  const worker = async (): Promise<PipeSample> => {
    const reports = await workOnOneCpu(benchPlan("PipeIo", { burst_iters: 0 }), ms);
    const p50Ns = reports[0] === undefined ? null : percentileNs(reports[0].latencies, 0.5);
    return { p50Ns: p50Ns ?? Number.NaN, rate: rateOf(reports) };
  };
  const bare = async (): Promise<PipeSample> => {
    const [p50Ns = Number.NaN, rate = Number.NaN] = told(program);
    return { p50Ns, rate };
  };
  const variants = new Map([
    ["PipeIo", worker],
    ["ping-pong", bare],
  ]);
  const { samples } = await interleave(rounds, gapMs, variants);
  const of = (name: string, key: keyof PipeSample): number[] => (samples.get(name) ?? []).map((sample) => sample[key]);
  return {
    worker: { p50Ns: summarize(of("PipeIo", "p50Ns")), rate: summarize(of("PipeIo", "rate")) },
    bare: { p50Ns: summarize(of("ping-pong", "p50Ns")), rate: summarize(of("ping-pong", "rate")) },
    workerByBare: medianRatio(of("PipeIo", "p50Ns"), of("ping-pong", "p50Ns")),
  };
}

/** Ours and what others reach, operations per second; of a program that is not here the reason. */
async function measurePeers(pipeRate: number) {
  const ours = async (plan: ReturnType<typeof benchPlan>): Promise<number> => rateOf(await workOnOneCpu(plan, ms));
  const rows: [string, PeerRate][] = [["PipeIo, exchanges", pipeRate]];
  for (const { name, rate } of peers.pipe) rows.push([name, rate()]);
  rows.push(["YieldHeavy", await ours(benchPlan("YieldHeavy", {}))]);
  for (const { name, rate } of peers.yield) rows.push([name, rate()]);
  rows.push(["ForkExit", await ours(benchPlan("ForkExit", {}))]);
  for (const { name, rate } of peers.fork) rows.push([name, rate()]);
  return rows;
}

const scratch = mkdtempSync(path.join(tmpdir(), "corral-bench-"));
const spin = await measureSpin(
  compile("worker/spin", scratch, "-static", `-I${path.join(packageRoot(), "native/load")}`),
);
const pipe = await measurePipe(compile("worker/ping-pong", scratch, "-static"));
const beside = await measurePeers(pipe.worker.rate.median);
const sampling = await measureSampling(64, 5000);
rmSync(scratch, { recursive: true });

const targets: Target[] = [
  { name: "bare loop ÷ SpinWait, iterations per second", value: spin.bareByWorker, limit: 1.02 },
  { name: "PipeIo ÷ ping-pong in C, wake-up p50", value: pipe.workerByBare, limit: 1.05 },
  { name: "CPU of 64 workers sampled at 10 Hz, share of one", value: sampling.shareOfCpu, limit: 0.01 },
];

if (values.json) {
  process.stdout.write(`${JSON.stringify({ rounds, ms, spin, pipe, beside, sampling, targets }, null, 2)}\n`);
} else {
  const spread = ({ median, p10, p90 }: ReturnType<typeof summarize>): string[] =>
    [median, p10, p90].map((value) => fixed(value, 0));
  const rows = [
    ["SpinWait, iterations/s", ...spread(spin.worker)],
    ["bare loop in C, rounds/s", ...spread(spin.bare)],
    ["PipeIo, wake-up p50 ns", ...spread(pipe.worker.p50Ns)],
    ["ping-pong in C, wake-up p50 ns", ...spread(pipe.bare.p50Ns)],
    ["PipeIo, exchanges/s", ...spread(pipe.worker.rate)],
    ["ping-pong in C, exchanges/s", ...spread(pipe.bare.rate)],
  ];
  console.log(`\nMedians of ${rounds} rounds of ${ms} ms, p10, p90\n`);
  console.log(table(["", "median", "p10", "p90"], rows));
  console.log("\nOperations per second beside others\n");
  console.log(
    table(
      ["", "per second"],
      beside.map(([name, rate]) => [name, typeof rate === "number" ? fixed(rate, 0) : `skipped: ${rate.skipped}`]),
    ),
  );
  console.log(`\nOne look at 64 workers: ${fixed(sampling.perSampleUs, 1)} µs`);
  console.log(`\n${targetLines(targets)}`);
}
process.exitCode = targets.every(holds) ? 0 : 1;
