import { existsSync, readdirSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import * as v from "valibot";
import { CorralError } from "../../report/index.ts";
import type { FleetResults, FleetStatus } from "../results/index.ts";
import { fleetResultsSchema, fleetStatusSchema, resultStem, stageStem } from "../results/index.ts";
import { readRunFile, refuseRun } from "./find-runs.ts";
import type { FlatConfig } from "./read-configs.ts";
import { readConfig } from "./read-configs.ts";
import type { SeriesSecond } from "./read-series.ts";
import { readSeries } from "./read-series.ts";

/** What a stage has left behind. */
export interface StoredStage {
  /** Null: the run has only one. */
  readonly name: string | null;
  /** Null: it never came to it. */
  readonly workload: FleetResults | null;
  readonly prepare: FleetResults | null;
  /** Of every agent that has done something. */
  readonly agents: readonly FleetResults[];
}

/** What a run has left behind. */
export interface StoredRun {
  readonly directory: string;
  readonly name: string;
  readonly status: FleetStatus;
  /** At least one. */
  readonly stages: readonly StoredStage[];
  /** Of all agents together. */
  readonly series: readonly SeriesSecond[];
  /** What each agent was told to do, in the order of the status; null: it was not kept. */
  readonly configs: readonly (FlatConfig | null)[];
}

function readDocument<T extends v.GenericSchema>(path: string, schema: T): v.InferOutput<T> {
  let value: unknown;
  try {
    value = JSON.parse(readRunFile(path));
  } catch (thrown) {
    if (thrown instanceof CorralError) throw thrown;
    throw refuseRun(path, "is no JSON", thrown);
  }
  const { success, output, issues } = v.safeParse(schema, value, { abortEarly: true });
  if (success) return output;
  throw refuseRun(path, `is damaged: ${v.getDotPath(issues[0]) ?? "it"}: ${issues[0].message}`);
}

const readIfThere = (path: string): FleetResults | null =>
  existsSync(path) ? readDocument(path, fleetResultsSchema) : null;

/** What is there of a stage, or of the only one: a name of null. */
function readStage(directory: string, name: string | null, number: number): StoredStage {
  const stem = name === null ? null : stageStem(name, number);
  const [workload, prepare] = (["workload", "prepare"] as const).map(
    (part) => `${resultStem({ stem, part })}_results.json`,
  ) as [string, string];
  const agents = join(directory, "agents");
  const agentIds = existsSync(agents) ? readdirSync(agents).toSorted() : [];
  return {
    name,
    workload: readIfThere(join(directory, workload)),
    prepare: readIfThere(join(directory, prepare)),
    agents: agentIds.flatMap((agentId) => readIfThere(join(agents, agentId, workload)) ?? []),
  };
}

/**
 * Reads what a run has left behind.
 * @throws CorralError CONFIG when a file in it cannot be read or is damaged
 */
export function readRun(directory: string): StoredRun {
  const status = readDocument(join(directory, "status.json"), fleetStatusSchema);
  return {
    directory,
    name: basename(resolve(directory)),
    status,
    stages:
      status.stages.length === 0
        ? [readStage(directory, null, 1)]
        : status.stages.map(({ name, number }) => readStage(directory, name, number)),
    series: readSeries(directory),
    configs: status.agents.map(({ agent_id: id }) => readConfig(directory, id)),
  };
}
