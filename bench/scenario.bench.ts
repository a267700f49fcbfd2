/**
 * `npm run bench -- scenario`: what the engine of scenarios costs beside what it does: ops beyond their kernel writes, a
 * thousand groups, the looks at workers and groups, and how soon a supervised process's death ends a hold.
 *
 *     npm run bench -- scenario [--rounds N] [--groups N] [--only WORD] [--json]
 *
 * Needs root or a delegated group, and a cgroup v2 mount. Exit status 1 when a target fails.
 */
import { parseArgs } from "node:util";
import type { Summary } from "./lib/measure.ts";
import { sleep } from "./lib/measure.ts";
import type { Target } from "./lib/print.ts";
import { fixed, holds, table, targetLines } from "./lib/print.ts";
import type { CrowdCost } from "./scenario/crowd.ts";
import { measureCrowd } from "./scenario/crowd.ts";
import type { DeathCost } from "./scenario/death.ts";
import { measureDeath } from "./scenario/death.ts";
import type { OpCost } from "./scenario/ops.ts";
import { measureOps } from "./scenario/ops.ts";
import { openPlace } from "./scenario/place.ts";
import type { SamplingCost } from "./scenario/sampling.ts";
import { measureSampling } from "./scenario/sampling.ts";

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    groups: { type: "string", default: "1000" },
    only: { type: "string", default: "" },
    json: { type: "boolean", default: false },
  },
});
const rounds = Number(values.rounds);
const isWanted = (part: string): boolean => part.includes(values.only);

interface Result {
  readonly ops: readonly OpCost[];
  readonly crowd: readonly CrowdCost[];
  readonly sampling: readonly SamplingCost[];
  readonly death: DeathCost | null;
}

async function measure(): Promise<Result> {
  await using place = openPlace();
  const ops = isWanted("ops") ? await measureOps(place, rounds, 20) : [];
  const sampling: SamplingCost[] = [];
  for (const groups of isWanted("sampling") ? [1, 8] : [])
    sampling.push(await measureSampling(place, groups, 64, 5000));
  const death = isWanted("death") ? await measureDeath(place, 4 * rounds) : null;
  const crowd: CrowdCost[] = [];
  for (let round = 0; round < (isWanted("crowd") ? 3 : 0); round += 1)
    crowd.push(await measureCrowd(place, Number(values.groups)));
  return { ops, crowd, sampling, death };
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

function targetsOf({ ops, crowd, sampling, death }: Result): readonly Target[] {
  const beyond = ops.flatMap(({ kind, beyondUs }) =>
    beyondUs === null ? [] : [{ name: `${kind} beyond its writes, p50 ms`, value: beyondUs / 1000, limit: 1 }],
  );
  const groups =
    crowd.length === 0
      ? []
      : [
          {
            name: `${crowd[0]?.groups} groups, seconds`,
            value: median(crowd.map(({ totalMs }) => totalMs)) / 1000,
            limit: 5,
          },
        ];
  const looks = sampling.map((one) => ({
    name: `looks at ${one.workers} workers in ${one.groups} ${one.groups === 1 ? "group" : "groups"}, share of a CPU`,
    value: one.shareOfCpu,
    limit: 0.01,
  }));
  const dead =
    death === null
      ? []
      : [{ name: "death of a supervised process until the hold is over, longest ms", value: death.longest, limit: 5 }];
  return [...beyond, ...groups, ...looks, ...dead];
}

const cells = (summary: Summary | null): readonly string[] =>
  summary === null ? ["–", "–"] : [fixed(summary.median, 0), `${fixed(summary.p10, 0)}–${fixed(summary.p90, 0)}`];

function print({ ops, crowd, sampling, death }: Result): string {
  const opRows = ops.map(({ kind, engineUs, writesUs, beyondUs }) => [
    kind,
    ...cells(engineUs),
    ...cells(writesUs),
    beyondUs === null ? "–" : fixed(beyondUs, 0),
  ]);
  const lines = [
    ...(ops.length === 0
      ? []
      : [table(["µs per op", "engine p50", "p10–p90", "writes p50", "p10–p90", "beyond"], opRows), ""]),
    ...crowd.map(
      (one) =>
        `  ${one.groups} groups with limits and a worker: ${fixed(one.totalMs, 0)} ms (set-up ${fixed(one.setupMs, 0)}, teardown ${fixed(one.teardownMs, 0)})`,
    ),
    ...sampling.map(
      (one) =>
        `  ${one.workers} workers in ${one.groups} groups: ${fixed(100 * one.shareOfCpu)} % of a CPU at ${fixed(one.looksPerSec, 1)} looks per second`,
    ),
    ...(death === null
      ? []
      : [
          `  death to the end of the hold, ms: p50 ${fixed(death.median)}, p90 ${fixed(death.p90)}, longest ${fixed(death.longest)} of ${death.count}`,
        ]),
  ];
  return lines.join("\n");
}

// The set-up that came before must not be heard in the first samples.
await sleep(500);
const result = await measure();
const targets = targetsOf(result);
if (values.json) {
  const judged = targets.map((target) => ({ ...target, pass: holds(target) }));
  console.log(JSON.stringify({ schema: "corral.bench-scenario/1", rounds, ...result, targets: judged }, null, 2));
} else {
  console.log(print(result));
  console.log(`\n${targetLines(targets)}`);
}
process.exitCode = targets.every(holds) ? 0 : 1;
