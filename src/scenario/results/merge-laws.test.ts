/** What holds when results are merged, whatever they are: sums add up, peaks are the highest, orders and parts make no difference. */
import { array, assert, constantFrom, integer, property, record } from "fast-check";
import { describe, expect, test } from "vitest";
import { aRecord, aWork, aWorker, latenciesOf } from "../../../test/shared/scenario-record.ts";
import { documentOf } from "../../../test/shared/scenario-results.ts";
import { outcomes } from "../checks/index.ts";
import type { WorkRecord } from "../record/index.ts";
import type { Latencies } from "../workers/index.ts";
import { addLatencies } from "../workers/index.ts";
import { mergeRepeats } from "./compare/repeats.ts";
import { workerStats } from "./document/worker-stats.ts";

const small = integer({ min: 0, max: 1000 });
const samples = array(integer({ min: 0, max: 2 ** 30 }), { maxLength: 8 });
const workers = record({
  iterations: small,
  workUnits: small,
  migrations: small,
  seconds: integer({ min: 1, max: 9 }),
  maxGapNs: integer({ min: 0, max: 2 ** 31 }),
  maxGapCpu: integer({ min: 0, max: 3 }),
  cpu: integer({ min: 0, max: 3 }),
  delayUs: small,
  near: small,
  far: small,
  wakes: samples,
}).map(({ seconds, delayUs, near, far, wakes, cpu, ...rest }) =>
  aWorker({
    ...rest,
    cpusUsed: [cpu],
    cpuTimeNs: seconds * 1e9,
    wallTimeNs: 10e9,
    offCpuNs: (10 - seconds) * 1e9,
    runDelayNs: delayUs * 1000,
    numaPages: { 0: near, 1: far },
    numaPagesMigrated: null,
    latencyKind: "wake",
    latencies: latenciesOf(wakes),
  }),
);
const works = array(array(workers, { minLength: 1, maxLength: 3 }), { maxLength: 3 }).map((all) =>
  all.map((reports): WorkRecord => aWork({ reports })),
);

describe("figures of workers", () => {
  test("are of all of them: what is counted adds up, what is a peak is the highest, sets are united", () => {
    assert(
      property(works, works, (a, b) => {
        const [one, other, both] = [workerStats(a), workerStats(b), workerStats([...a, ...b])];
        for (const name of ["workers", "migrations", "iterations", "work_units", "cpu_time_sec"] as const)
          expect(both[name]).toBe(one[name] + other[name]);
        for (const name of ["max_gap_ms", "worst_run_delay_us", "max_off_cpu_pct"] as const) {
          const known = [one[name], other[name]].filter((value) => value !== null);
          expect(both[name]).toBe(known.length === 0 ? null : Math.max(...known));
        }
        expect(both.cpus_used).toEqual([...new Set([...one.cpus_used, ...other.cpus_used])].sort((x, y) => x - y));
        expect(Number(both.spread_pct)).toBeGreaterThanOrEqual(
          Math.max(Number(one.spread_pct), Number(other.spread_pct)),
        );
      }),
    );
  });

  test("the longest gap and the CPU where it ended are of the same worker", () => {
    assert(
      property(works, (all) => {
        const { max_gap_ms: gap, max_gap_cpu: cpu } = workerStats(all);
        const found = all
          .flatMap(({ reports }) => reports)
          .some((one) => one.maxGapNs / 1e6 === gap && one.maxGapCpu === cpu);
        expect(found).toBe(all.length > 0);
      }),
    );
  });

  test("a ratio is of sums: it lies between those of the parts, and is none of their means", () => {
    assert(
      property(works, works, (a, b) => {
        const [one, other, both] = [workerStats(a), workerStats(b), workerStats([...a, ...b])];
        for (const name of ["migration_ratio", "iterations_per_worker", "page_locality"] as const) {
          const parts = [one[name], other[name]].filter((value) => value !== null);
          if (parts.length === 0 || both[name] === null) continue;
          // A part without a ratio has none under the line; its migrations count all the same.
          if (parts.length === 2) expect(both[name]).toBeGreaterThanOrEqual(Math.min(...parts) - 1e-9);
          if (parts.length === 2) expect(both[name]).toBeLessThanOrEqual(Math.max(...parts) + 1e-9);
        }
      }),
    );
    const [busy, idle] = [
      aWork({ reports: [aWorker({ iterations: 90, migrations: 9 })] }),
      aWork({ reports: [aWorker({ iterations: 10, migrations: 9 })] }),
    ];
    expect(workerStats([busy, idle]).migration_ratio).toBe(0.18);
  });

  test("the order makes no difference", () => {
    assert(
      property(works, (all) => {
        const { max_gap_cpu: _, latencies: here, ...forth } = workerStats(all);
        const { max_gap_cpu: __, latencies: there, ...back } = workerStats(all.toReversed());
        expect(back).toEqual(forth);
        expect(there.map(({ samples: count, p99_us }) => [count, p99_us])).toEqual(
          here.map(({ samples: count, p99_us }) => [count, p99_us]),
        );
      }),
    );
  });
});

const isSame = (a: Latencies, b: Latencies): boolean =>
  a.samples === b.samples && a.buckets.every((count, at) => count === b.buckets[at]);

test("latencies are merged like numbers are added: nothing changes nothing, order and brackets make no difference", () => {
  assert(
    property(samples, samples, samples, (x, y, z) => {
      const [a, b, c] = [latenciesOf(x), latenciesOf(y), latenciesOf(z)];
      expect(isSame(addLatencies([a, addLatencies([])]), a)).toBe(true);
      expect(isSame(addLatencies([a, b]), addLatencies([b, a]))).toBe(true);
      expect(isSame(addLatencies([addLatencies([a, b]), c]), addLatencies([a, b, c]))).toBe(true);
      expect(isSame(a, addLatencies([a, b]))).toBe(y.length === 0);
      expect(addLatencies([a, addLatencies([b, c])]).samples).toBe(x.length + y.length + z.length);
    }),
  );
});

describe("repeats", () => {
  const runs = array(record({ verdict: constantFrom(...outcomes), iterations: small }), {
    minLength: 1,
    maxLength: 4,
  }).map((all) =>
    all.map(({ verdict, iterations }) => ({
      ...documentOf(aRecord({ works: [aWork({ reports: [aWorker({ iterations })] })] })),
      verdict,
    })),
  );

  test("are one in whatever order they come, and the worst of them is their verdict", () => {
    assert(
      property(runs, (all) => {
        const [forth, back] = [mergeRepeats(all), mergeRepeats(all.toReversed())];
        expect([back.verdict, back.outcomes, back.runs]).toEqual([forth.verdict, forth.outcomes, forth.runs]);
        const order = ["fail", "inconclusive", "pass", "skip"] as const;
        expect(forth.verdict).toBe(order.find((one) => all.some(({ verdict }) => verdict === one)));
        for (const { middle, low, high } of forth.metrics) {
          expect(middle).toBeGreaterThanOrEqual(low - 1e-9);
          expect(middle).toBeLessThanOrEqual(high + 1e-9);
        }
      }),
      { numRuns: 50 },
    );
  });
});
