import { CorralError, quote } from "../../report/index.ts";
import type { CheckResult, UserCheck } from "../checks/index.ts";
import { runUserCheck } from "../checks/index.ts";
import type { ModuleReference, Scenario } from "../model/index.ts";
import { loadFunction, ModuleFault } from "../modules/index.ts";
import type { RunRecord } from "../record/index.ts";

/** A check of a module, and what the report calls it. */
export interface ModuleCheck {
  readonly name: string;
  readonly check: UserCheck;
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
export function loadModuleChecks({ expect = [] }: Scenario, directory: string): readonly ModuleCheck[] {
  const checks: ModuleCheck[] = [];
  for (const expectation of expect) {
    if (!("check" in expectation)) continue;
    const { module, export: name } = expectation.check;
    checks.push({ name: name ?? module, check: load(expectation.check, directory) });
  }
  return checks;
}

export async function runModuleChecks(checks: readonly ModuleCheck[], record: RunRecord): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { name, check } of checks) results.push(...(await runUserCheck(name, check, record)));
  return results;
}
