import { dirname } from "node:path";
import { stateDirectories } from "../../run/index.ts";
import type { UserCheck } from "../checks/index.ts";
import { asksMonitor, judgeRun } from "../checks/index.ts";
import type { RunOptions } from "../execute/index.ts";
import { runScenario, skippedRecord } from "../execute/index.ts";
import type { ScenarioFile } from "../file/index.ts";
import type { Scenario } from "../model/index.ts";
import type { ScenarioPlan } from "../plan/index.ts";
import { planScenario, planScenarioFile } from "../plan/index.ts";
import type { UnmetNeed } from "../resolve/index.ts";
import { readHostTopology } from "../topology/index.ts";
import { findIncludedFiles, withIncludedFiles } from "./include-files.ts";
import type { OwnCheck } from "./own-checks.ts";
import { givenChecks, loadModuleChecks, runOwnChecks } from "./own-checks.ts";
import type { Rehearsal } from "./rehearsal.ts";
import { rehearsalOf } from "./rehearsal.ts";

/** How a scenario is rehearsed; everything has a default. */
export interface RehearseOptions extends Omit<RunOptions, "scenario" | "file" | "repeat" | "runtime" | "monitor"> {
  /** Where the run is on record meanwhile. Default: this user's runtime directory (CORRAL_STATE_DIR). */
  readonly runtime?: string;
  /** Runs, one after the other. Default 1. One that its caller ended, or in which a supervised process died, is the last. */
  readonly repeats?: number;
  /** Directory that modules' paths count from. Default: that of the file, else the working directory. */
  readonly directory?: string;
  /** Functions that judge every run beside the checks of the scenario, by what reports are to call them. Default none. */
  readonly checks?: Readonly<Record<string, UserCheck>>;
  /** Told before every run. */
  readonly onRun?: (repeat: number) => void;
  /** Told after every run what came of it: an error that keeps a later one from beginning takes nothing of it back. */
  readonly onResult?: (rehearsal: Rehearsal) => void;
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
  readonly file: ScenarioFile | null;
  readonly directory: string;
  readonly planned: ScenarioPlan;
}

async function runOnce(source: Source, options: RehearseOptions, repeat: number, checks: readonly OwnCheck[]) {
  const { scenario, file, directory, planned } = source;
  const { runtime = stateDirectories(process.env, process.getuid?.() ?? 0).runtime } = options;
  const parts = { runtime, scenario, file: file?.file ?? null, directory, repeat, monitor: asksMonitor(scenario) };
  const runOptions = { ...options, ...parts };
  if (planned.kind === "skip") {
    const record = skippedRecord(runOptions, readHostTopology(), unmetText(planned.unmet));
    return rehearsalOf(record, judgeRun(record), { file });
  }
  const plan = withIncludedFiles(planned.plan, findIncludedFiles(scenario, source.directory));
  const record = await runScenario(plan, runOptions);
  const own = await runOwnChecks(checks, record);
  return rehearsalOf(record, judgeRun(record, { more: own.map(({ result }) => result) }), { file, own });
}

/** What is to live as long as a run would have to be there for the next. */
const lostProcess = ({ record }: Rehearsal): boolean => record.ended.some(({ isScheduler }) => !isScheduler);

async function runAll(source: Source, options: RehearseOptions): Promise<readonly Rehearsal[]> {
  const checks = [...loadModuleChecks(source.scenario, source.directory), ...givenChecks(options.checks ?? {})];
  const rehearsals: Rehearsal[] = [];
  for (let repeat = 0; repeat < (options.repeats ?? 1); repeat += 1) {
    options.onRun?.(repeat);
    const rehearsal = await runOnce(source, options, repeat, checks);
    rehearsals.push(rehearsal);
    options.onResult?.(rehearsal);
    if (options.signal?.aborted === true || lostProcess(rehearsal)) break;
  }
  return rehearsals;
}

/**
 * Settles, runs and judges the scenario of a file on this host. What a verdict means is the caller's: `requirePass` for tests.
 * @returns one for every run; that of a host which has too little says so
 * @throws ConfigError (CONFIG) for mistakes in the file, and what keeps a run from beginning: SCENARIO_HOST, CGROUP_IO,
 * CGROUP_PARENT, SCHEDULER_UNAVAILABLE, START_FAILED, PROCESS_GONE, STATE_UNWRITABLE, NATIVE_MISSING
 */
export async function rehearseFile(file: ScenarioFile, options: RehearseOptions = {}): Promise<readonly Rehearsal[]> {
  const directory = options.directory ?? dirname(file.path);
  return runAll({ scenario: file.scenario, file, directory, planned: await planScenarioFile(file) }, options);
}

/** As `rehearseFile`, of a scenario that a program made. @throws ScenarioError for its mistakes */
export async function rehearse(scenario: Scenario, options: RehearseOptions = {}): Promise<readonly Rehearsal[]> {
  const directory = options.directory ?? process.cwd();
  return runAll({ scenario, file: null, directory, planned: await planScenario(scenario, { directory }) }, options);
}
