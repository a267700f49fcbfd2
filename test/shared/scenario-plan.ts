import { parseScenario } from "../../src/scenario/file/index.ts";
import type {
  ExpandedScenario,
  ResolvedGroup,
  ResolvedOp,
  ResolvedScenario,
  ResolvedWork,
} from "../../src/scenario/resolve/index.ts";
import { problemLine, resolveScenario } from "../../src/scenario/resolve/index.ts";
import { parseTopology } from "../../src/scenario/topology/index.ts";

/** Eight CPUs, of which seven are usable, on two nodes with two caches each. */
export const eightCpus = "cpus=8,numa=2,llc=4";

const resolve = (body: string, topology: string) =>
  resolveScenario(
    parseScenario(`version: 1\nname: made\n${body}`, "made.yaml").scenario as ExpandedScenario,
    parseTopology(topology),
  );

/** The plan of a scenario that has no mistakes. @param body the file without its first two lines */
export function planOf(body: string, topology = eightCpus): ResolvedScenario {
  const resolution = resolve(body, topology);
  if (resolution.kind === "plan") return resolution.plan;
  throw new Error(resolution.kind === "skip" ? "is skipped" : resolution.problems.map(problemLine).join("\n"));
}

/** Every mistake of a scenario as a line. @param body the file without its first two lines */
export function problemsOf(body: string, topology = eightCpus): readonly string[] {
  const resolution = resolve(body, topology);
  return resolution.kind === "problems" ? resolution.problems.map(problemLine) : [];
}

/** What a scenario needs and has not. */
export function unmetOf(body: string, topology: string): readonly object[] {
  const resolution = resolve(body, topology);
  return resolution.kind === "skip" ? resolution.unmet : [];
}

/** A step that makes these groups, each written in YAML's short form. */
export const groupsStep = (...groups: readonly string[]): string =>
  `steps:\n  - setup:\n${groups.map((group) => `      - ${group}\n`).join("")}`;

/** One group made by one step. */
export function groupOf(group: string, topology = eightCpus): ResolvedGroup {
  const made = planOf(groupsStep(group), topology).steps[0]?.setup[0];
  if (made === undefined) throw new Error("makes no group");
  return made;
}

/** The one work of one group. @param work in YAML's short form */
export function workOf(work: string, { topology = eightCpus, group = "name: g" } = {}): ResolvedWork {
  const [made] = groupOf(`{ ${group}, works: [${work}] }`, topology).works;
  if (made === undefined) throw new Error("makes no work");
  return made;
}

/** What is wrong with the one work of one group. */
export const workProblems = (work: string, { topology = eightCpus, group = "name: g" } = {}): readonly string[] =>
  problemsOf(groupsStep(`{ ${group}, works: [${work}] }`), topology).map((line) =>
    line.replace('step 0, group "g", work 0: ', ""),
  );

/** A backdrop of these groups and one step of these ops. */
export const opsStep = (groups: readonly string[], ops: readonly string[], hold = "full"): string =>
  [
    ...(groups.length === 0 ? [] : ["backdrop:", "  cgroups:", ...groups.map((group) => `    - ${group}`)]),
    ...["steps:", `  - ops:${ops.length === 0 ? " []" : ""}`, ...ops.map((op) => `      - ${op}`)],
    ...[`    hold: ${hold}`, ""],
  ].join("\n");

/** Ops of the one step. */
export const opsOf = (body: string, topology = eightCpus): readonly ResolvedOp[] =>
  planOf(body, topology).steps[0]?.ops ?? [];
