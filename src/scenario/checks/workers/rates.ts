import { total } from "../../../report/index.ts";
import type { WorkRecord } from "../../record/index.ts";
import type { WorkerReport } from "../../workers/index.ts";
import { atLeast, atMost, atWork, atWorker, inconclusive, nameOf, skipped } from "../finding.ts";
import { variationOf } from "../numbers.ts";
import type { Finding } from "../result.ts";

const workRate = ({ workUnits, cpuTimeNs }: WorkerReport): number | null =>
  cpuTimeNs > 0 ? workUnits / (cpuTimeNs / 1e9) : null;

const iterationRate = ({ iterations, wallTimeNs }: WorkerReport): number | null =>
  wallTimeNs > 0 ? iterations / (wallTimeNs / 1e9) : null;

/** Work per CPU second varies little among the workers. */
export function judgeThroughputCv(work: WorkRecord, limit: number): Finding {
  const where = atWork(work);
  if (work.reports.length < 2)
    return skipped("benchmark", where, `${nameOf(work)}: one worker has nobody to be compared with`);
  const rates = work.reports.flatMap((report) => workRate(report) ?? []);
  const found = variationOf(rates);
  if (found === null)
    return inconclusive("benchmark", where, `${nameOf(work)}: fewer than two workers had CPU time and did work`, limit);
  return atMost(found, limit, {
    kind: "benchmark",
    where,
    what: `${nameOf(work)}: variation of work per CPU second of ${rates.length} workers`,
    unit: "",
  });
}

/** Work per CPU second of every worker. @param limit work units per CPU second */
export const judgeWorkRate = (work: WorkRecord, limit: number): Finding[] =>
  judgeEach(work, limit, {
    rate: workRate,
    what: "work rate",
    unit: "units per CPU second",
    without: "had no CPU time",
  });

/** Iterations per second of every worker. @param limit iterations per second */
export const judgeIterationRate = (work: WorkRecord, limit: number): Finding[] =>
  judgeEach(work, limit, { rate: iterationRate, what: "iteration rate", unit: "per second", without: "never began" });

interface Rate {
  readonly rate: (report: WorkerReport) => number | null;
  readonly what: string;
  readonly unit: string;
  readonly without: string;
}

/** All that are too slow or cannot be judged; when there is none, the slowest. */
function judgeEach(work: WorkRecord, limit: number, { rate, what, unit, without }: Rate): Finding[] {
  const findings = work.reports.map((report) => {
    const where = atWorker(work, report);
    const who = `${nameOf(work)}: worker ${report.pid}`;
    const found = rate(report);
    if (found === null) return inconclusive("benchmark", where, `${who} ${without}`, limit);
    return atLeast(found, limit, {
      kind: "benchmark",
      where,
      what: `${nameOf(work)}: ${what} of worker ${report.pid}`,
      unit,
    });
  });
  const bad = findings.filter(({ outcome }) => outcome !== "pass");
  const slowest = findings.toSorted((a, b) => Number(a.found) - Number(b.found)).slice(0, 1);
  return bad.length > 0 ? bad : slowest;
}

/** Migrations per iteration of all workers together. */
export function judgeMigrations(work: WorkRecord, limit: number): Finding {
  const migrations = total(work.reports.map((report) => report.migrations));
  const iterations = total(work.reports.map((report) => report.iterations));
  const where = atWork(work);
  if (iterations === 0) return inconclusive("migration", where, `${nameOf(work)}: no iterations`, limit);
  return atMost(migrations / iterations, limit, {
    kind: "migration",
    where,
    what: `${nameOf(work)}: ${migrations} migrations in ${iterations} iterations, ratio`,
    unit: "",
  });
}
