import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { ConfigPath } from "../../report/config/index.ts";
import { judgeValues } from "../../report/config/index.ts";
import { quote } from "../../report/index.ts";
import { durationOf, scenarioParts, snakeKeys } from "../file/index.ts";
import type { CgroupDef, ModuleReference, Scenario, Setup } from "../model/index.ts";
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

/** What is wrong with a module; the message completes "module …". */
class SetupFault extends Error {}

const firstLine = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).split("\n", 1)[0] ?? "";

const isModule = (setup: Setup | undefined): setup is ModuleReference => setup !== undefined && !Array.isArray(setup);

async function load({ module, export: name = "default" }: ModuleReference, directory: string): Promise<SetupFunction> {
  const loaded = await import(pathToFileURL(resolve(directory, module)).href).catch((thrown: unknown) => {
    throw new SetupFault(`cannot be loaded: ${firstLine(thrown)}`);
  });
  const found: unknown = Reflect.get(loaded as object, name);
  if (typeof found !== "function") throw new SetupFault(`has no function ${quote(name)} among its exports`);
  return found as SetupFunction;
}

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
  const make = await load(reference, directory);
  const groups: unknown = await (async () => make(context))().catch((thrown: unknown) => {
    throw new SetupFault(`failed: ${firstLine(thrown)}`);
  });
  if (!Array.isArray(groups)) throw new SetupFault("makes something else than a list of groups");
  const fault = faultOf(groups);
  if (fault !== null) throw new SetupFault(fault);
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
      if (!(thrown instanceof SetupFault)) throw thrown;
      problems.push(faultAt(["steps", index, "setup"], index, setup, thrown));
    }
  }
  return { scenario: { ...scenario, steps }, problems };
}

const faultAt = (
  path: ConfigPath,
  step: number,
  { module }: ModuleReference,
  { message }: SetupFault,
): ScenarioProblem => ({
  path,
  at: "value",
  where: `step ${step}, setup`,
  rule: `module ${quote(module)} ${message}`,
  fix: "its function takes what is known of the host and returns groups as a program spells them",
  ofHost: false,
});
