import type { FleetResults } from "../../results/index.ts";
import { resultColumns, seriesColumns } from "../../results/index.ts";
import type { FleetComparison } from "../compare-runs.ts";
import type { StoredRun, StoredStage } from "../read-run.ts";
import type { Cell, Sheet } from "./sheet.ts";

const sheet = (
  name: string,
  heading: readonly string[],
  rows: readonly (readonly Cell[])[],
  charts: Sheet["charts"] = [],
): Sheet => ({ name, heading, rows, charts });

const runsSheet = (runs: readonly StoredRun[]): Sheet =>
  sheet(
    "Runs",
    ["number", "run", "outcome", "why", "started_at", "agents", "completed", "failed", "ended_with_run"].concat([
      ...["duration_sec", "operations", "errors", "directory"],
    ]),
    runs.map(({ status, name, directory }, index) => [
      ...[index + 1, name, status.outcome, status.why, status.started_at],
      ...[status.agents_total, status.agents_completed, status.agents_failed, status.agents_aborted],
      ...[status.duration_sec, status.operations, status.errors, directory],
    ]),
  );

const comparisonSheets = ({ rows, notes }: FleetComparison): readonly Sheet[] => [
  sheet(
    "Comparison",
    ["run", "operation", "size_bucket", "figure", "before", "now", "change_pct", "verdict"],
    rows.map((row) => [
      ...[row.other, row.operation, row.size_bucket, row.figure],
      ...[row.base, row.value, row.change_pct, row.verdict],
    ]),
  ),
  sheet(
    "Notes",
    ["run", "note"],
    notes.map(({ run, note }) => [run, note]),
  ),
];

const resultsSheet = (name: string, { rows }: FleetResults): Sheet =>
  sheet(
    name,
    resultColumns,
    rows.map((row) => resultColumns.map((column) => row[column])),
  );

const agentsSheet = (name: string, { status }: StoredRun): Sheet =>
  sheet(
    name,
    [
      ...["agent_id", "address", "state", "operations", "bytes", "errors", "wall_sec"],
      ...["clock_offset_ms", "clock_error_ms", "start_late_us", "failure"],
    ],
    status.agents.map((agent) => [
      ...[agent.agent_id, agent.address, agent.state, agent.operations, agent.bytes, agent.errors, agent.wall_sec],
      ...[agent.clock_offset_ms, agent.clock_error_ms, agent.start_late_us, agent.failure?.message ?? null],
    ]),
  );

const kinds = ["get", "put", "meta"] as const;

const secondsSheet = (name: string, seconds: readonly (readonly Cell[])[]): Sheet =>
  sheet(name, seriesColumns, seconds, [
    { title: "Operations a second", along: "elapsed_s", columns: kinds.map((kind) => `${kind}_iops`) },
    {
      title: "99th percentile of each second, microseconds",
      along: "elapsed_s",
      columns: kinds.map((kind) => `${kind}_p99_us`),
    },
  ]);

/** Names of sheets have 31 characters at most, and some characters are none of theirs. */
const plainName = (name: string): string => name.replace(/[^A-Za-z0-9 ._-]/g, "-").slice(0, 31);

const stageSheets = ({ name, prepare, workload }: StoredStage, number: string): readonly Sheet[] => [
  ...(prepare === null ? [] : [resultsSheet(plainName(`${number} prepare ${name ?? ""}`.trimEnd()), prepare)]),
  ...(workload === null ? [] : [resultsSheet(plainName(`${number} ${name ?? "workload"}`), workload)]),
];

/** What a run has in its workbook, by its number, which its sheets begin with. */
function sheetsOf(run: StoredRun, number: number, secondsIn: SecondsReader): readonly Sheet[] {
  const seconds = secondsIn(run.directory);
  return [
    ...run.stages.flatMap((stage, index) =>
      stageSheets(stage, stage.name === null ? `${number}` : `${number}.${index + 1}`),
    ),
    agentsSheet(`${number} agents`, run),
    ...(seconds.length === 0 ? [] : [secondsSheet(`${number} seconds`, seconds)]),
  ];
}

/** Lines of a run's series, cell by cell. */
type SecondsReader = (directory: string) => readonly (readonly Cell[])[];

/** The sheets of a workbook, in their order. */
export const planSheets = (
  runs: readonly StoredRun[],
  comparison: FleetComparison | null,
  secondsIn: SecondsReader,
): readonly Sheet[] => [
  runsSheet(runs),
  ...(comparison === null ? [] : comparisonSheets(comparison)),
  ...runs.flatMap((run, index) => sheetsOf(run, index + 1, secondsIn)),
];
