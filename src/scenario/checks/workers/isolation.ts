import type { CpusetEpoch, WorkRecord } from "../../record/index.ts";
import type { WorkerReport } from "../../workers/index.ts";
import { atWork, atWorker, inconclusive, nameOf, skipped } from "../finding.ts";
import type { Finding } from "../result.ts";

/** What a worker was seen on while one cpuset was in force. */
interface Seen {
  readonly epoch: CpusetEpoch;
  readonly report: WorkerReport;
  readonly cpus: readonly number[];
}

/**
 * Workers were only on the CPUs of the cpuset that was in force, judged for each by itself. Of more than eight cpusets the
 * last eight are known.
 */
export function judgeIsolation(work: WorkRecord): Finding[] {
  const where = atWork(work);
  const seen = work.reports.flatMap((report) => seenBy(work.epochs, report));
  const expected = seen.filter(({ epoch }) => epoch.cpus !== null);
  if (expected.length === 0) return [skipped("isolation", where, `${nameOf(work)}: the group has no cpuset`)];
  if (expected.every(({ cpus }) => cpus.length === 0))
    return [inconclusive("isolation", where, `${nameOf(work)}: no worker was seen on any CPU`)];
  const strayed = expected.flatMap((one) => strayOf(work, one));
  if (strayed.length > 0) return strayed;
  const cpusets = new Set(expected.map(({ epoch }) => epoch)).size;
  const message = `${nameOf(work)}: ${work.reports.length} workers kept to their CPUs in ${cpusets === 1 ? "one cpuset" : `${cpusets} cpusets`}`;
  return [{ outcome: "pass", kind: "isolation", message, found: null, limit: null, where }];
}

function seenBy(epochs: readonly CpusetEpoch[], report: WorkerReport): Seen[] {
  const first = epochs.length - report.cpusByCpuset.length;
  return report.cpusByCpuset.flatMap((cpus, at) => {
    const epoch = epochs[first + at];
    return epoch === undefined ? [] : [{ epoch, report, cpus }];
  });
}

function strayOf(work: WorkRecord, { epoch, report, cpus }: Seen): Finding[] {
  const allowed = new Set(epoch.cpus);
  const strayed = cpus.filter((cpu) => !allowed.has(cpu));
  if (strayed.length === 0) return [];
  const limit = [...allowed].join(",");
  return [
    {
      outcome: "fail",
      kind: "isolation",
      message: `${nameOf(work)}: worker ${report.pid} ran on CPU ${strayed.join(",")} outside its cpuset ${limit}, which holds since +${Math.round(epoch.fromMs)} ms`,
      found: strayed.join(","),
      limit,
      where: { ...atWorker(work, report), cgroup: epoch.cgroup, cpu: strayed[0] ?? null, atMs: epoch.fromMs },
    },
  ];
}
