import * as v from "valibot";
import { count, text, textOrNull, texts } from "../../report/schema/index.ts";
import { byWeight } from "../model/index.ts";
import type { FleetResults } from "../results/index.ts";
import { compareSetups } from "./compare-setups.ts";
import type { StoredRun, StoredStage } from "./read-run.ts";

/** Figures that are compared, and whether more of it is better. */
export const comparedFigures = {
  ops_per_sec: { moreIsBetter: true },
  throughput_mibps: { moreIsBetter: true },
  mean_us: { moreIsBetter: false },
  p50_us: { moreIsBetter: false },
  p99_us: { moreIsBetter: false },
  max_us: { moreIsBetter: false },
} as const;
type Figure = keyof typeof comparedFigures;

/** A smaller change than this part is none. */
const leastShare = 0.05;

const number = (description: string) => v.pipe(v.number(), v.description(description));
const numberOrNull = (description: string) => v.pipe(v.nullable(v.number()), v.description(description));

const comparedRun = v.strictObject({
  run: text("Directory."),
  outcome: v.pipe(v.picklist([...byWeight, "running" as const]), v.description("What came of it.")),
  agents_total: count("Agents."),
  agents_completed: count("Those that completed."),
  wall_sec: numberOrNull("How long it worked; null: it never came to it."),
  operations: count("Of all agents, also of those that failed."),
  errors: count("Likewise, those that failed."),
});

const note = v.strictObject({
  run: text("Directory of the run that it is about."),
  note: text("What to know before it is compared: that it failed, or ran something else."),
});

/** `corral.fleet-compare/1`. */
export const fleetCompareSchema = v.strictObject({
  schema: v.pipe(v.literal("corral.fleet-compare/1"), v.description("Name and version of this document.")),
  base: text("Directory that the others are compared with."),
  others: texts("Directories that are compared, in their order."),
  runs: v.pipe(v.array(comparedRun), v.description("All of them, the base first.")),
  notes: v.pipe(v.array(note), v.description("What stands in the way of a comparison.")),
  rows: v.pipe(
    v.array(
      v.strictObject({
        other: text("Directory that is compared."),
        stage: textOrNull("Stage that both have; null: the runs have only one."),
        operation: text("GET, PUT or META."),
        size_bucket: text("Sizes; ALL: every size."),
        figure: text("What is compared."),
        base: number("Its value in the base."),
        value: number("Its value."),
        change_pct: numberOrNull("From the base, in percent; null: the base is 0."),
        verdict: v.pipe(
          v.picklist(["better", "worse", "same"]),
          v.description("same: a change of less than 5 % of the base."),
        ),
      }),
    ),
    v.description("Every figure of every kind and size that both have."),
  ),
});
export type FleetComparison = v.InferOutput<typeof fleetCompareSchema>;

type Row = FleetResults["rows"][number];

function verdictOf(figure: Figure, base: number, value: number): "better" | "worse" | "same" {
  if (Math.abs(value - base) <= base * leastShare) return "same";
  return value > base === comparedFigures[figure].moreIsBetter ? "better" : "worse";
}

function compareRow(other: string, stage: string | null, base: Row, row: Row): FleetComparison["rows"] {
  return (Object.keys(comparedFigures) as Figure[])
    .filter((figure) => base[figure] !== 0 || row[figure] !== 0)
    .map((figure) => ({
      other,
      stage,
      operation: row.operation,
      size_bucket: row.size_bucket,
      figure,
      base: base[figure],
      value: row[figure],
      change_pct: base[figure] === 0 ? null : ((row[figure] - base[figure]) / base[figure]) * 100,
      verdict: verdictOf(figure, base[figure], row[figure]),
    }));
}

function compareStages(other: string, base: StoredStage, stage: StoredStage): FleetComparison["rows"] {
  return (stage.workload?.rows ?? []).flatMap((row) => {
    const twin = base.workload?.rows.find(
      ({ operation, bucket_idx: bucket }) => operation === row.operation && bucket === row.bucket_idx,
    );
    return twin === undefined ? [] : compareRow(other, stage.name, twin, row);
  });
}

/** How long its stages took together; null: it never came to one. */
function wallSecOf({ stages }: StoredRun): number | null {
  const walls = stages.flatMap(({ workload }) => workload?.wall_sec ?? []);
  return walls.length === 0 ? null : walls.reduce((sum, one) => sum + one, 0);
}

/** What is different between the first run and each of the others. */
export function compareRuns(runs: readonly StoredRun[]): FleetComparison {
  const [base, ...others] = runs;
  const rows = others.flatMap((other) =>
    other.stages.flatMap((stage) => {
      const before = base?.stages.find(({ name }) => name === stage.name);
      return before === undefined ? [] : compareStages(other.directory, before, stage);
    }),
  );
  return {
    schema: "corral.fleet-compare/1",
    base: base?.directory ?? "",
    others: others.map(({ directory }) => directory),
    runs: runs.map(toCompared),
    notes: [...compareSetups(runs)],
    rows,
  };
}

const toCompared = (run: StoredRun): FleetComparison["runs"][number] => ({
  run: run.directory,
  outcome: run.status.outcome,
  agents_total: run.status.agents_total,
  agents_completed: run.status.agents_completed,
  wall_sec: wallSecOf(run),
  operations: run.status.operations,
  errors: run.status.errors,
});
