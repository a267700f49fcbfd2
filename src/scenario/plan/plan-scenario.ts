import { dirname } from "node:path";
import { ConfigError, readConfigText } from "../../report/config/index.ts";
import type { ScenarioFile } from "../file/index.ts";
import { examineScenario, isModulePath, loadScenario } from "../file/index.ts";
import type { ModuleReference, Scenario } from "../model/index.ts";
import { loadFunction, ModuleFault } from "../modules/index.ts";
import type { ResolvedScenario, ScenarioProblem, UnmetNeed } from "../resolve/index.ts";
import { judgeScenarioValues, problemLine, refusalOf, resolveScenario } from "../resolve/index.ts";
import type { Topology } from "../topology/index.ts";
import { readHostTopology } from "../topology/index.ts";
import { expandSetups } from "./expand-setups.ts";
import { restProblems } from "./rest-problems.ts";

/** Where a scenario is to be settled, and from where it comes. */
export interface PlanOptions {
  /** Default: this host's. */
  readonly topology?: Topology;
  /** Directory that modules' paths count from. Default: the working directory. */
  readonly directory?: string;
}

/** A scenario settled, or what the topology has too little of. */
export type ScenarioPlan =
  | { readonly kind: "plan"; readonly plan: ResolvedScenario }
  | { readonly kind: "skip"; readonly unmet: readonly UnmetNeed[] };

const judgeIn =
  (directory: string) =>
  (reference: ModuleReference): string | null => {
    try {
      loadFunction(reference, directory);
      return null;
    } catch (thrown) {
      if (!(thrown instanceof ModuleFault)) throw thrown;
      return thrown.message;
    }
  };

async function plan(
  scenario: Scenario,
  { topology = readHostTopology(), directory = process.cwd() }: PlanOptions,
  refuse: (problems: readonly ScenarioProblem[]) => Error,
): Promise<ScenarioPlan> {
  const wrong = judgeScenarioValues(scenario);
  const settling = { topology, directory, judgeModule: judgeIn(directory) };
  if (wrong.length > 0) throw refuse([...wrong, ...(await restProblems(scenario, settling))]);
  const expanded = await expandSetups(scenario, topology, directory);
  if (expanded.problems.length > 0) throw refuse(expanded.problems);
  const resolution = resolveScenario(expanded.scenario, topology, settling.judgeModule);
  if (resolution.kind === "problems") throw refuse(resolution.problems);
  return resolution;
}

/**
 * Settles a scenario that a program built: every CPU, count, limit and duration. Nothing is made or started; functions that
 * make groups are called, modules of custom workers are loaded.
 * @throws ScenarioError (code CONFIG) with everything that is wrong
 */
export const planScenario = (scenario: Scenario, options: PlanOptions = {}): Promise<ScenarioPlan> =>
  plan(scenario, options, (problems) => refusalOf(scenario.name, problems, null));

/**
 * As planScenario, for a scenario of a file; modules' paths count from the file's directory.
 * @throws ConfigError (code CONFIG) with everything that is wrong, each with line and column
 */
export const planScenarioFile = (
  file: ScenarioFile,
  options: Omit<PlanOptions, "directory"> = {},
): Promise<ScenarioPlan> =>
  plan(file.scenario, { ...options, directory: dirname(file.path) }, (problems) =>
    refusalOf(file.scenario.name, problems, file),
  );

/**
 * As loadScenario, for who is going to settle the scenario: with mistakes of single values, what is wrong with the rest of it is told
 * too. A scenario that is sound is not settled.
 * @throws ConfigError (code CONFIG) with everything that is wrong, each with line and column; CorralError CONFIG when it cannot be read
 */
export async function loadScenarioFor(
  path: string,
  { topology = readHostTopology }: { readonly topology?: () => Topology } = {},
): Promise<ScenarioFile> {
  if (isModulePath(path)) return loadScenario(path);
  const { scenarioFile, mistakes } = examineScenario(readConfigText(path), path);
  if (mistakes === null) return scenarioFile;
  const directory = dirname(path);
  const settling = { topology: topology(), directory, judgeModule: judgeIn(directory) };
  const more = await restProblems(scenarioFile.scenario, settling);
  throw new ConfigError(scenarioFile.file, [
    ...mistakes.problems,
    ...more.map((problem) => ({ ...scenarioFile.locate(problem.path, problem.at), message: problemLine(problem) })),
  ]);
}
