import { existsSync } from "node:fs";
import { join } from "node:path";
import { seriesColumns } from "../results/index.ts";
import { readRunFile } from "./find-runs.ts";

/** One second of a run, as far as a picture needs it. */
export interface SeriesSecond {
  /** Since the first stage began. */
  readonly elapsedSec: number;
  readonly opsPerSec: number;
  /** The slowest kind of operations; null without any. */
  readonly p99Us: number | null;
  readonly errors: number;
}

/** Columns of a series that hold no numbers. */
const words: readonly string[] = ["agent_id", "stage"];

/** The series of all agents together, cell by cell under its columns; a cell without a measurement is null. */
export function readSeriesCells(directory: string): readonly (readonly (string | number | null)[])[] {
  const path = join(directory, "perf_log.tsv");
  if (!existsSync(path)) return [];
  const [, ...lines] = readRunFile(path).split("\n");
  return (
    lines
      .map((line) => line.split("\t"))
      // The last line of a controller that was killed may be cut.
      .filter((cells) => cells.length === seriesColumns.length)
      .map((cells) =>
        cells.map((cell, at) => {
          if (words.includes(seriesColumns[at] ?? "")) return cell;
          return cell === "" ? null : Number(cell);
        }),
      )
  );
}

const numberOf = (cells: readonly (string | number | null)[], name: string): number | null => {
  const cell = cells[seriesColumns.indexOf(name)];
  return typeof cell === "number" ? cell : null;
};

/** What a picture needs of the series. */
export function readSeries(directory: string): readonly SeriesSecond[] {
  const rows = readSeriesCells(directory);
  const [first = []] = rows;
  // `elapsed_s` begins again with every stage.
  const beganMs = (numberOf(first, "timestamp_epoch_ms") ?? 0) - 1000 * (numberOf(first, "elapsed_s") ?? 0);
  return rows.map((cells) => {
    const number = (name: string): number | null => numberOf(cells, name);
    const p99 = ["get_p99_us", "put_p99_us", "meta_p99_us"].flatMap((name) => number(name) ?? []);
    const rates = ["get_iops", "put_iops", "meta_iops"].map((name) => number(name) ?? 0);
    return {
      elapsedSec: ((number("timestamp_epoch_ms") ?? beganMs) - beganMs) / 1000,
      opsPerSec: rates.reduce((sum, one) => sum + one, 0),
      p99Us: p99.length === 0 ? null : Math.max(...p99),
      errors: number("errors") ?? 0,
    };
  });
}
