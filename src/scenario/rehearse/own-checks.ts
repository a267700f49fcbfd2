import type { ConfigPath } from "../../report/config/index.ts";
import { CorralError, quote } from "../../report/index.ts";
import type { CheckResult, UserCheck } from "../checks/index.ts";
import { runUserCheck } from "../checks/index.ts";
import type { ModuleReference, Scenario } from "../model/index.ts";
import { loadFunction, ModuleFault } from "../modules/index.ts";
import type { RunRecord } from "../record/index.ts";

/** A function that judges a run, and what the report calls it. */
export interface OwnCheck {
  readonly name: string;
  readonly check: UserCheck;
  /** Where the scenario names it; null: its caller gave it. */
  readonly path: ConfigPath | null;
}

/** What such a function found. */
export interface OwnResult {
  readonly result: CheckResult;
  readonly path: ConfigPath | null;
}

function load(reference: ModuleReference, directory: string): UserCheck {
  try {
    return loadFunction(reference, directory) as UserCheck;
  } catch (cause) {
    if (!(cause instanceof ModuleFault)) throw cause;
    const { module } = reference;
    throw new CorralError("CONFIG", `the check of module ${quote(module)} ${cause.message}`, {
      object: module,
      fix: "name a module and its exported function",
      cause,
    });
  }
}

/**
 * Loads the checks that a scenario names, before anything happens.
 * @param directory that the modules' paths count from
 * @throws CorralError CONFIG
 */
export function loadModuleChecks({ expect = [] }: Scenario, directory: string): readonly OwnCheck[] {
  return expect.flatMap((expectation, at) => {
    if (!("check" in expectation)) return [];
    const { module, export: name } = expectation.check;
    return [{ name: name ?? module, check: load(expectation.check, directory), path: ["expect", at, "check"] }];
  });
}

/** Functions that the caller gave, by what the report is to call them. */
export const givenChecks = (checks: Readonly<Record<string, UserCheck>>): readonly OwnCheck[] =>
  Object.entries(checks).map(([name, check]) => ({ name, check, path: null }));

/** Asks them one after the other. */
export async function runOwnChecks(checks: readonly OwnCheck[], record: RunRecord): Promise<OwnResult[]> {
  const results: OwnResult[] = [];
  for (const { name, check, path } of checks)
    results.push(...(await runUserCheck(name, check, record)).map((result) => ({ result, path })));
  return results;
}
