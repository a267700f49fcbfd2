/** Results of runs as documents, for tests of what is made of them. */
import { judgeRun } from "../../src/scenario/checks/index.ts";
import type { RunRecord } from "../../src/scenario/record/index.ts";
import { emptyValues } from "../../src/scenario/record/index.ts";
import type { ScenarioDocument } from "../../src/scenario/results/index.ts";
import { scenarioDocument } from "../../src/scenario/results/index.ts";
import { aPayload, aPhase, aPhaseWork, aRecord, aWork, aWorker, latenciesOf } from "./scenario-record.ts";

/** The document of a record, judged by what its scenario asks. */
export const documentOf = (record: RunRecord): ScenarioDocument => scenarioDocument(record, judgeRun(record));

/** A group that uses one CPU and waits a tenth of the time, looked at every 100 ms. */
const webGroup: RunRecord["groups"][number] = {
  name: "web",
  step: 0,
  madeMs: 95,
  removedMs: 1250,
  cpusets: [{ atMs: 95, cpus: [0, 1] }],
  samples: Array.from({ length: 11 }, (_, at) => ({
    atMs: 100 + at * 100,
    values: {
      ...emptyValues,
      cpu_total_us: at * 100_000,
      memory_current_bytes: (at + 1) * 2 ** 20,
      psi_cpu_some_us: at * 10_000,
      iterations: at * 200,
    },
  })),
  captures: [{ tag: "at first", atMs: 150, pids: [100, 101] }],
};

const op = (kind: "setup" | "set_cpuset" | "teardown", atMs: number, object: string): RunRecord["ops"][number] => ({
  step: 0,
  index: kind === "set_cpuset" ? 0 : null,
  round: 0,
  kind,
  object,
  atMs,
  durationMs: 0.4,
  error: null,
});

/**
 * A run of `steady` in which two workers did so many iterations each, with wake-ups of 10 us and one of `slowestUs`, a payload
 * and one op.
 */
export function aRun(
  iterations: number,
  { slowestUs = 20, ...changes }: Partial<RunRecord> & { readonly slowestUs?: number } = {},
): ScenarioDocument {
  const latencies = latenciesOf([...Array.from({ length: 9 }, () => 10_000), slowestUs * 1000]);
  const worker = {
    iterations,
    latencyKind: "wake",
    latencies,
    maxLatencyNs: slowestUs * 1000,
    minLatencyNs: 10_000,
  } as const;
  const work = aWork({
    reports: [aWorker(worker), aWorker({ ...worker, index: 1, pid: 101, cpusUsed: [1], cpusByCpuset: [[1]] })],
  });
  const phaseWork = aPhaseWork({ iterations: 2 * iterations, latencyKind: "wake", latencies });
  return documentOf(
    aRecord({
      scenario: {
        version: 1,
        name: "steady",
        about: "Two workers that spin.",
        payloads: [{ name: "fio", command: ["fio"], checks: [{ min: { metric: "iops", value: 50 } }] }],
        steps: [{}],
        checks: { notStuck: true, isolation: true },
      },
      works: [work],
      phases: [
        aPhase(0, 0, { holdMs: null, endMs: 90, plannedHoldMs: 0, wantedHoldMs: 0 }),
        aPhase(1, 100, { work: [phaseWork] }),
      ],
      groups: [webGroup],
      ops: [op("setup", 100, "web"), op("set_cpuset", 140, "web"), op("teardown", 1210, "web")],
      payloads: [aPayload()],
      ...changes,
    }),
  );
}
