import type { ConfigIssue, Judged } from "../../report/config/index.ts";
import { parseConfig } from "../../report/config/index.ts";
import { CorralError } from "../../report/index.ts";
import { parseScenario } from "../../scenario/index.ts";
import type { Assignment } from "../model/index.ts";
import { onlyStage } from "../model/index.ts";
import { readCommand } from "./command-config.ts";
import { CommandWork } from "./command-work.ts";
import type { HostPolicy } from "./host-policy.ts";
import { makeLoad } from "./make-load.ts";
import { makeStages } from "./make-stages.ts";
import { placeholdersOf } from "./placeholders.ts";
import { ScenarioWork } from "./scenario-work.ts";
import { Scratch } from "./scratch.ts";
import type { Work, WorkMaker, WorkStage } from "./work.ts";

/** What configurations may ask of an agent. */
export const workKinds = ["command", "scenario", "load"] as const;

/** What work is judged by and made with. */
export interface WorkBench {
  readonly policy: HostPolicy;
  /** This program, as it is started. */
  readonly program: readonly string[];
}

/** What messages call a configuration that came over the wire. */
const fileName = "config";

const refused = (message: string): Judged<never> => ({ config: null, issues: [{ path: [], at: "value", message }] });

const isMap = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A prefix of paths that stays below what it is put before. */
const isPrefix = (prefix: string): boolean =>
  !prefix.startsWith("/") && !prefix.includes("\0") && !prefix.split("/").includes("..");

/** Makes work of assignments: each is judged by the host's policy before anything is done for it. */
export const workMaker =
  (bench: WorkBench): WorkMaker =>
  (assignment) =>
    parseConfig(assignment.config, fileName, (value): Judged<readonly WorkStage[]> => {
      if (!isPrefix(assignment.pathPrefix))
        return refused("path_prefix leads elsewhere: it is relative, and has no ..");
      if (isMap(value) && value["stages"] !== undefined)
        return makeStages(value, (workload) => makeOne(workload, assignment, bench));
      const { config: work, issues } = makeOne(value, assignment, bench);
      return work === null ? { config: null, issues } : { config: [{ ...onlyStage, work }], issues };
    });

/** Judges what runs in one stage. */
function makeOne(value: unknown, assignment: Assignment, bench: WorkBench): Judged<Work> {
  const kinds = isMap(value) ? workKinds.filter((kind) => value[kind] !== undefined) : [];
  const [kind, ...more] = kinds;
  if (!isMap(value) || kind === undefined || more.length > 0)
    return refused(`the configuration needs one of ${workKinds.join(", ")}`);
  if (kind === "load") return makeLoad(value, assignment, bench);
  return kind === "command" ? makeCommand(value, assignment, bench) : makeScenario(value, assignment, bench);
}

function makeCommand(value: unknown, assignment: Assignment, { policy }: WorkBench): Judged<Work> {
  const scratch = new Scratch();
  const fill = placeholdersOf(assignment, scratch.path);
  const { config, issues } = readCommand(value, { policy, fill, scratch: scratch.path });
  if (config === null) return { config: null, issues };
  return { config: new CommandWork(config, policy, assignment, scratch), issues };
}

function makeScenario(
  value: Readonly<Record<string, unknown>>,
  assignment: Assignment,
  { policy, program }: WorkBench,
): Judged<Work> {
  const issue = (message: string): ConfigIssue => ({ path: ["scenario"], at: "value", message });
  const { scenario: text, ...others } = value;
  const [other] = Object.keys(others);
  if (other !== undefined)
    return { config: null, issues: [{ path: [other], at: "key", message: `${other} does not belong to a scenario` }] };
  if (!policy.scenarios)
    return { config: null, issues: [issue("asks for a scenario, which this host does not allow")] };
  if (typeof text !== "string") return { config: null, issues: [issue("needs the text of a scenario file")] };
  try {
    parseScenario(text, "scenario");
  } catch (thrown) {
    return { config: null, issues: [issue(CorralError.from(thrown).toLine())] };
  }
  return { config: new ScenarioWork(text, program, assignment, new Scratch()), issues: [] };
}
