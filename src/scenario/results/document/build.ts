import type { CheckResult, Judgement } from "../../checks/index.ts";
import type { RunRecord } from "../../record/index.ts";
import { changesBetween } from "./changes.ts";
import {
  dilationDocument,
  groupDocument,
  hostDocument,
  opDocument,
  payloadDocument,
  processDocuments,
  workDocument,
} from "./parts-of-record.ts";
import { phaseDocuments } from "./phases.ts";
import { runStats } from "./run-stats.ts";
import type { ScenarioDocument } from "./schema.ts";
import { snake } from "./snake.ts";
import { workerStats } from "./worker-stats.ts";

/** The document of a run that was judged. */
export function scenarioDocument(record: RunRecord, judgement: Judgement): ScenarioDocument {
  const { scenario } = record;
  const phases = phaseDocuments(record);
  const cgroups = byCgroup(record);
  return {
    schema: "corral.scenario/1",
    scenario: scenario.name,
    about: scenario.about ?? null,
    file: record.file,
    run_id: record.runId,
    where: record.where,
    repeat: record.repeat,
    start_time: record.startTime,
    duration_sec: record.durationMs / 1000,
    cleanup_sec: record.cleanupMs / 1000,
    steps: scenario.steps.length,
    verdict: judgement.verdict,
    skipped: record.skipped,
    host: hostDocument(record),
    dilation: dilationDocument(record),
    controllers: [...record.controllers],
    asked: askedDocument(judgement),
    checks: judgement.results.map(checkDocument),
    stats: runStats(record, cgroups, phases),
    phases,
    changes: changesBetween(phases, record.phases),
    ops: record.ops.map(opDocument),
    groups: record.groups.map(groupDocument),
    works: record.works.map(workDocument),
    cgroups,
    payloads: record.payloads.map(payloadDocument),
    ...processDocuments(record),
    warnings: [...record.warnings],
    notes: [...judgement.notes, ...record.notes],
  };
}

/** All workers of each group together, in the order in which groups first had any. */
function byCgroup({ works }: RunRecord): ScenarioDocument["cgroups"] {
  const names = [...new Set(works.map(({ cgroup }) => cgroup))];
  return names.map((cgroup) => ({ cgroup, ...workerStats(works.filter((work) => work.cgroup === cgroup)) }));
}

const askedDocument = ({ asked }: Judgement): ScenarioDocument["asked"] =>
  Object.fromEntries(
    Object.entries(asked).flatMap(([name, value]) => (value === undefined ? [] : [[snake(name), value]])),
  );

const checkDocument = ({ where, ...result }: CheckResult): ScenarioDocument["checks"][number] => ({
  ...result,
  where: {
    cgroup: where.cgroup,
    work: where.work,
    pid: where.pid,
    cpu: where.cpu,
    payload: where.payload,
    phase: where.phase,
    at_ms: where.atMs,
  },
});
