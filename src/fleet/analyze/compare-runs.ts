import * as v from "valibot";
import { text, texts } from "../../report/schema/index.ts";
import type { FleetResults } from "../results/index.ts";
import type { StoredRun } from "./read-run.ts";

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

/** `corral.fleet-compare/1`. */
export const fleetCompareSchema = v.strictObject({
  schema: v.pipe(v.literal("corral.fleet-compare/1"), v.description("Name and version of this document.")),
  base: text("Directory that the others are compared with."),
  others: texts("Directories that are compared, in their order."),
  rows: v.pipe(
    v.array(
      v.strictObject({
        other: text("Directory that is compared."),
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

function compareRow(other: string, base: Row, row: Row): FleetComparison["rows"] {
  return (Object.keys(comparedFigures) as Figure[])
    .filter((figure) => base[figure] !== 0 || row[figure] !== 0)
    .map((figure) => ({
      other,
      operation: row.operation,
      size_bucket: row.size_bucket,
      figure,
      base: base[figure],
      value: row[figure],
      change_pct: base[figure] === 0 ? null : ((row[figure] - base[figure]) / base[figure]) * 100,
      verdict: verdictOf(figure, base[figure], row[figure]),
    }));
}

/** What is different between the first run and each of the others. */
export function compareRuns([base, ...others]: readonly StoredRun[]): FleetComparison {
  const rowsOf = (run: StoredRun | undefined): readonly Row[] => run?.workload?.rows ?? [];
  const rows = others.flatMap((other) =>
    rowsOf(other).flatMap((row) => {
      const twin = rowsOf(base).find(
        ({ operation, bucket_idx: bucket }) => operation === row.operation && bucket === row.bucket_idx,
      );
      return twin === undefined ? [] : compareRow(other.directory, twin, row);
    }),
  );
  return {
    schema: "corral.fleet-compare/1",
    base: base?.directory ?? "",
    others: others.map(({ directory }) => directory),
    rows,
  };
}
