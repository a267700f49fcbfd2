import { dirname } from "node:path";
import { stateDirectories } from "../../run/index.ts";
import { judgeRun } from "../checks/index.ts";
import type { RunOptions } from "../execute/index.ts";
import { runScenario, skippedRecord } from "../execute/index.ts";
import type { ScenarioFile } from "../file/index.ts";
import type { Scenario } from "../model/index.ts";
import type { ScenarioPlan } from "../plan/index.ts";
import { planScenario, planScenarioFile } from "../plan/index.ts";
import type { UnmetNeed } from "../resolve/index.ts";
import type { ScenarioDocument } from "../results/index.ts";
import { scenarioDocument } from "../results/index.ts";
import { readHostTopology } from "../topology/index.ts";
import { findIncludedFiles, withIncludedFiles } from "./include-files.ts";
import type { ModuleCheck } from "./module-checks.ts";
import { loadModuleChecks, runModuleChecks } from "./module-checks.ts";

export interface RehearseOptions extends Omit<RunOptions, "scenario" | "file" | "repeat" | "runtime"> {
  /** Where the run is on record meanwhile. Default: this user's runtime directory (CORRAL_STATE_DIR). */
  readonly runtime?: string;
  /** Runs, one after the other. Default 1. One that its caller ended, or in which a supervised process died, is the last. */
  readonly repeats?: number;
  /** Directory that modules' paths count from. Default: that of the file, else the working directory. */
  readonly directory?: string;
  /** Told before every run. */
  readonly onRun?: (repeat: number) => void;
  /** Told after every run what came of it: an error that keeps a later one from beginning takes nothing of it back. */
  readonly onResult?: (document: ScenarioDocument) => void;
}

const needWords: Readonly<Record<UnmetNeed["need"], string>> = {
  cpus: "CPUs",
  llcs: "last-level caches",
  numaNodes: "memory nodes",
  threadsPerCore: "threads per core",
  tmpdirDisk: "disk under temporary files (TMPDIR)",
};

const unmetText = (unmet: readonly UnmetNeed[]): string =>
  unmet.map(({ need, wanted, found }) => `needs ${wanted} ${needWords[need]}, has ${found}`).join(", ");

interface Source {
  readonly scenario: Scenario;
  readonly file: string | null;
  readonly directory: string;
  readonly planned: ScenarioPlan;
}

async function runOnce(source: Source, options: RehearseOptions, repeat: number, checks: readonly ModuleCheck[]) {
  const { scenario, file, planned } = source;
  const { runtime = stateDirectories(process.env, process.getuid?.() ?? 0).runtime } = options;
  const runOptions = { ...options, runtime, scenario, file, repeat };
  if (planned.kind === "skip") {
    const record = skippedRecord(runOptions, readHostTopology(), unmetText(planned.unmet));
    return scenarioDocument(record, judgeRun(record));
  }
  const plan = withIncludedFiles(planned.plan, findIncludedFiles(scenario, source.directory));
  const record = await runScenario(plan, runOptions);
  return scenarioDocument(record, judgeRun(record, { more: await runModuleChecks(checks, record) }));
}

/** What is to live as long as a run would have to be there for the next. */
const lostProcess = ({ ended }: ScenarioDocument): boolean => ended.some(({ scheduler }) => !scheduler);

async function runAll(source: Source, options: RehearseOptions): Promise<readonly ScenarioDocument[]> {
  const checks = loadModuleChecks(source.scenario, source.directory);
  const documents: ScenarioDocument[] = [];
  for (let repeat = 0; repeat < (options.repeats ?? 1); repeat += 1) {
    options.onRun?.(repeat);
    const document = await runOnce(source, options, repeat, checks);
    documents.push(document);
    options.onResult?.(document);
    if (options.signal?.aborted === true || lostProcess(document)) break;
  }
  return documents;
}

/**
 * Settles, runs and judges the scenario of a file on this host.
 * @returns one document for every run; that of a host which has too little says so
 * @throws ConfigError (CONFIG) for mistakes in the file, and what `runScenario` throws: before a run has begun
 */
export async function rehearseFile(
  file: ScenarioFile,
  options: RehearseOptions = {},
): Promise<readonly ScenarioDocument[]> {
  const directory = options.directory ?? dirname(file.path);
  return runAll(
    { scenario: file.scenario, file: file.file, directory, planned: await planScenarioFile(file) },
    options,
  );
}

/** As `rehearseFile`, of a scenario that a program made. @throws ScenarioError for its mistakes */
export async function rehearse(
  scenario: Scenario,
  options: RehearseOptions = {},
): Promise<readonly ScenarioDocument[]> {
  const directory = options.directory ?? process.cwd();
  return runAll({ scenario, file: null, directory, planned: await planScenario(scenario, { directory }) }, options);
}
