import type { AgentTally } from "./agent-tally.ts";
import type { Aggregate } from "./aggregate.ts";
import { aggregatePrepare, aggregateWork } from "./aggregate.ts";
import type { FleetResults } from "./documents.ts";
import type { ResultsDirectory } from "./results-directory.ts";
import type { ResultsSubject } from "./results-files.ts";
import { resultFiles, resultsDocument } from "./results-files.ts";
import type { StageRecord } from "./stage-record.ts";

/** What is written, and where: of a stage, and of its agents each. */
interface Parts {
  readonly directory: ResultsDirectory;
  readonly run: string;
  readonly agentIds: readonly string[];
}

type Common = Pick<ResultsSubject, "run" | "startMs" | "stem" | "stageName" | "stageNumber">;

/** Writes the tables of a stage. @returns those of all agents together, what was prepared first */
export async function writeStage(record: StageRecord, { directory, run, agentIds }: Parts): Promise<FleetResults[]> {
  const isNamed = record.stem !== null;
  const common: Common = {
    run,
    startMs: record.startMs,
    stem: record.stem,
    stageName: isNamed ? record.stage.name : null,
    stageNumber: isNamed ? record.number : null,
  };
  const { work, agents, partial } = record.consolidated();
  const told: FleetResults[] = [];
  const prepare = aggregatePrepare(record.tallies);
  if (prepare !== null)
    told.push(await writeTables(directory, "", prepare, { ...common, part: "prepare", agents, partial }));
  if (record.startNs !== null)
    told.push(await writeTables(directory, "", work, { ...common, part: "workload", agents, partial }));
  for (const [agent, tally] of record.tallies.entries())
    await writeAgent(directory, agentIds[agent] ?? "", tally, common);
  return told;
}

async function writeAgent(
  directory: ResultsDirectory,
  agentId: string,
  tally: AgentTally,
  common: Common,
): Promise<void> {
  const subject = { ...common, agents: [agentId], partial: !tally.isComplete };
  const folder = `agents/${agentId}/`;
  if (tally.isComplete || tally.wallMs > 0)
    await writeTables(directory, folder, aggregateWork([tally]), { ...subject, part: "workload" });
  const prepare = aggregatePrepare([tally]);
  if (prepare !== null) await writeTables(directory, folder, prepare, { ...subject, part: "prepare" });
}

async function writeTables(
  directory: ResultsDirectory,
  folder: string,
  work: Aggregate,
  subject: ResultsSubject,
): Promise<FleetResults> {
  const document = resultsDocument(work, subject);
  for (const { name, text } of resultFiles(document, work, subject)) await directory.write(`${folder}${name}`, text);
  return document;
}
