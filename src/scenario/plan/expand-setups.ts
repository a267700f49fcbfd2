import type { ConfigPath } from "../../report/config/index.ts";
import { judgeValues } from "../../report/config/index.ts";
import { quote } from "../../report/index.ts";
import { durationOf, scenarioParts, snakeKeys } from "../file/index.ts";
import type { CgroupDef, ModuleReference, Scenario, Setup } from "../model/index.ts";
import { faultText, loadFunction, ModuleFault } from "../modules/index.ts";
import type { ExpandedScenario, ExpandedStep, ScenarioProblem } from "../resolve/index.ts";
import type { Topology } from "../topology/index.ts";

/** What a function that makes the groups of a step is told. */
export interface SetupContext {
  /** Name of the scenario. */
  readonly scenario: string;
  /** Place of the step, from 0. */
  readonly step: number;
  readonly topology: Topology;
  /** Budget of all holds together, milliseconds. */
  readonly durationMs: number;
  /** Workers of a WorkSpec that says no number. */
  readonly workersPerCgroup: number;
}

/** A function that makes the groups of a step. It is called once, before anything happens, and must have no effects. */
export type SetupFunction = (context: SetupContext) => readonly CgroupDef[] | Promise<readonly CgroupDef[]>;

const isModule = (setup: Setup | undefined): setup is ModuleReference => setup !== undefined && !Array.isArray(setup);

/** The first thing that is wrong with groups that a function made; null when nothing is. */
function faultOf(groups: readonly unknown[]): string | null {
  for (const [index, group] of groups.entries()) {
    const [issue] = judgeValues(scenarioParts.cgroup, snakeKeys(group));
    if (issue !== undefined) return `makes a wrong group ${index}: ${issue.message}`;
  }
  return null;
}

async function makeGroups(
  reference: ModuleReference,
  context: SetupContext,
  directory: string,
): Promise<readonly CgroupDef[]> {
  const make = loadFunction(reference, directory) as SetupFunction;
  const groups: unknown = await (async () => make(context))().catch((thrown: unknown) => {
    throw new ModuleFault(`failed: ${faultText(thrown)}`);
  });
  if (!Array.isArray(groups)) throw new ModuleFault("makes something else than a list of groups");
  const fault = faultOf(groups);
  if (fault !== null) throw new ModuleFault(fault);
  return groups as readonly CgroupDef[];
}

/**
 * Calls the functions that make groups, each once, and puts the groups in their place.
 * @param directory that the modules' paths count from
 */
export async function expandSetups(
  scenario: Scenario,
  topology: Topology,
  directory: string,
): Promise<{ readonly scenario: ExpandedScenario; readonly problems: readonly ScenarioProblem[] }> {
  const problems: ScenarioProblem[] = [];
  const steps: ExpandedStep[] = [];
  for (const [index, { setup, ...step }] of scenario.steps.entries()) {
    if (!isModule(setup)) {
      steps.push(setup === undefined ? step : { ...step, setup });
      continue;
    }
    const context: SetupContext = {
      scenario: scenario.name,
      step: index,
      topology,
      durationMs: durationOf(scenario.duration ?? "1s"),
      workersPerCgroup: scenario.workersPerCgroup ?? 1,
    };
    try {
      steps.push({ ...step, setup: await makeGroups(setup, context, directory) });
    } catch (thrown) {
      if (!(thrown instanceof ModuleFault)) throw thrown;
      problems.push(faultAt(["steps", index, "setup"], index, setup, thrown));
    }
  }
  return { scenario: { ...scenario, steps }, problems };
}

const faultAt = (
  path: ConfigPath,
  step: number,
  { module }: ModuleReference,
  { message }: ModuleFault,
): ScenarioProblem => ({
  path,
  at: "value",
  where: `step ${step}, setup`,
  rule: `module ${quote(module)} ${message}`,
  fix: "its function takes what is known of the host and returns groups as a program spells them",
  ofHost: false,
});
