import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import * as v from "valibot";
import { CorralError, errnoOf, quote } from "../../report/index.ts";
import type { FleetResults, FleetStatus } from "../results/index.ts";
import { fleetResultsSchema, fleetStatusSchema, seriesColumns } from "../results/index.ts";

/** One second of a run, as far as a picture needs it. */
export interface SeriesSecond {
  readonly elapsedSec: number;
  readonly opsPerSec: number;
  /** The slowest kind of operations; null without any. */
  readonly p99Us: number | null;
  readonly errors: number;
}

/** What a run has left behind. */
export interface StoredRun {
  readonly directory: string;
  readonly name: string;
  readonly status: FleetStatus;
  /** Null: it never came to it. */
  readonly workload: FleetResults | null;
  readonly prepare: FleetResults | null;
  /** Of all agents together. */
  readonly series: readonly SeriesSecond[];
  readonly agents: readonly FleetResults[];
}

const refuse = (path: string, why: string, cause?: unknown): CorralError =>
  new CorralError("CONFIG", `${quote(path, 300)} ${why}`, {
    object: path,
    cause,
    fix: "give directories that corral fleet run has made",
  });

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (thrown) {
    throw refuse(path, `cannot be read: ${errnoOf(thrown) ?? String(thrown)}`, thrown);
  }
}

function readDocument<T extends v.GenericSchema>(path: string, schema: T): v.InferOutput<T> {
  let value: unknown;
  try {
    value = JSON.parse(readText(path));
  } catch (thrown) {
    if (thrown instanceof CorralError) throw thrown;
    throw refuse(path, "is no JSON", thrown);
  }
  const { success, output, issues } = v.safeParse(schema, value, { abortEarly: true });
  if (success) return output;
  throw refuse(path, `is damaged: ${v.getDotPath(issues[0]) ?? "it"}: ${issues[0].message}`);
}

const readIfThere = (path: string): FleetResults | null =>
  existsSync(path) ? readDocument(path, fleetResultsSchema) : null;

/** Lines of tab-separated values with a heading, by column; what is no number is null. */
function readSeries(path: string): readonly SeriesSecond[] {
  if (!existsSync(path)) return [];
  const [, ...lines] = readText(path).split("\n");
  return lines.flatMap((line) => {
    const cells = line.split("\t");
    // The last line of a controller that was killed may be cut.
    if (cells.length !== seriesColumns.length) return [];
    const number = (name: string): number | null => {
      const cell = cells[seriesColumns.indexOf(name)] ?? "";
      return cell === "" ? null : Number(cell);
    };
    const p99 = ["get_p99_us", "put_p99_us", "meta_p99_us"].flatMap((name) => number(name) ?? []);
    const rates = ["get_iops", "put_iops", "meta_iops"].map((name) => number(name) ?? 0);
    return [
      {
        elapsedSec: number("elapsed_s") ?? 0,
        opsPerSec: rates.reduce((sum, one) => sum + one, 0),
        p99Us: p99.length === 0 ? null : Math.max(...p99),
        errors: number("errors") ?? 0,
      },
    ];
  });
}

function agentsIn(directory: string): readonly FleetResults[] {
  const agents = join(directory, "agents");
  if (!existsSync(agents)) return [];
  return readdirSync(agents)
    .toSorted()
    .flatMap((name) => readIfThere(join(agents, name, "workload_results.json")) ?? []);
}

/**
 * Reads what a run has left behind.
 * @throws CorralError CONFIG when the directory is none of a run, or a file in it is damaged
 */
export function readRun(directory: string): StoredRun {
  if (!statSync(directory, { throwIfNoEntry: false })?.isDirectory()) throw refuse(directory, "is no directory");
  if (!existsSync(join(directory, "status.json"))) throw refuse(directory, "has no status.json: it is of no fleet run");
  return {
    directory,
    name: basename(resolve(directory)),
    status: readDocument(join(directory, "status.json"), fleetStatusSchema),
    workload: readIfThere(join(directory, "workload_results.json")),
    prepare: readIfThere(join(directory, "prepare_results.json")),
    series: readSeries(join(directory, "perf_log.tsv")),
    agents: agentsIn(directory),
  };
}
