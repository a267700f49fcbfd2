import * as v from "valibot";
import type { ConfigIssue, ConfigPath, Judged } from "../../report/config/index.ts";
import { judgeValues, parseConfig, pathName } from "../../report/config/index.ts";
import { quote } from "../../report/index.ts";
import { commandSchema, loadWorkSchema } from "../work/index.ts";
import type { FleetFile } from "./fleet-file.ts";
import { fleetFileSchema } from "./fleet-file.ts";

/** Name of an agent that was given none, by its place. */
export const defaultAgentId = (index: number): string => `agent-${index + 1}`;

/** Names that two agents have: their directories would be one. */
function findTwins(agents: FleetFile["agents"]): readonly ConfigIssue[] {
  const first = new Map<string, number>();
  return (agents ?? []).flatMap((agent, index): readonly ConfigIssue[] => {
    const id = typeof agent === "string" || agent.id === undefined ? defaultAgentId(index) : agent.id;
    const before = first.get(id);
    if (before === undefined) {
      first.set(id, index);
      return [];
    }
    const message = `agents[${index}] has the name of agents[${before}]: ${quote(id)}`;
    return [{ path: ["agents", index], at: "value", message }];
  });
}

/** What is wrong with a workload for every agent; each judges it again by its host's policy. */
function judgeWorkload(workload: Readonly<Record<string, unknown>>, path: ConfigPath): readonly ConfigIssue[] {
  const schema =
    workload["command"] !== undefined ? commandSchema : workload["load"] === undefined ? null : loadWorkSchema;
  if (schema === null) return [];
  return judgeValues(schema, workload).map((issue) => ({
    ...issue,
    path: [...path, ...issue.path],
    message: `${pathName(path)}.${issue.message}`,
  }));
}

/** Stages of one name: their results would be told as one. */
function findTwinStages({ stages = [] }: FleetFile): readonly ConfigIssue[] {
  return stages.flatMap(({ name }, index): readonly ConfigIssue[] => {
    const first = stages.findIndex((one) => one.name === name);
    if (first === index) return [];
    const message = `stages[${index}].name is that of stages[${first}]: ${quote(name)}`;
    return [{ path: ["stages", index, "name"], at: "value", message }];
  });
}

/** Workloads that are whole as they are written. */
const workloadIssues = ({ workload, stages = [], agents = [] }: FleetFile): readonly ConfigIssue[] => [
  ...(workload === undefined || stages.length > 0 ? [] : judgeWorkload(workload, ["workload"])),
  ...stages.flatMap((stage, index) =>
    workload !== undefined || stage.workload === undefined
      ? []
      : judgeWorkload(stage.workload, ["stages", index, "workload"]),
  ),
  ...agents.flatMap((agent, index) =>
    workload !== undefined || stages.length > 0 || typeof agent === "string" || agent.workload === undefined
      ? []
      : judgeWorkload(agent.workload, ["agents", index, "workload"]),
  ),
];

function judge(value: unknown): Judged<FleetFile> {
  const issues = judgeValues(fleetFileSchema, value);
  if (issues.length > 0) return { config: null, issues };
  const config = v.parse(fleetFileSchema, value);
  const meant = [...findTwins(config.agents), ...findTwinStages(config), ...workloadIssues(config)];
  return meant.length > 0 ? { config: null, issues: meant } : { config, issues: [] };
}

/**
 * Reads the text of a file of `corral fleet run`.
 * @param file what messages call it
 * @throws ConfigError (code CONFIG) with everything that is wrong
 */
export const parseFleetFile = (text: string, file: string): FleetFile => parseConfig(text, file, judge);
