import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CorralError, quote } from "../../report/index.ts";
import type { CheckResult, UserCheck } from "../checks/index.ts";
import { runUserCheck } from "../checks/index.ts";
import type { ModuleReference, Scenario } from "../model/index.ts";
import type { RunRecord } from "../record/index.ts";

/** A check of a module, and what the report calls it. */
export interface ModuleCheck {
  readonly name: string;
  readonly check: UserCheck;
}

const firstLine = (thrown: unknown): string =>
  (thrown instanceof Error ? thrown.message : String(thrown)).split("\n", 1)[0] ?? "";

async function load({ module, export: name = "default" }: ModuleReference, directory: string): Promise<UserCheck> {
  const refuse = (rule: string, cause?: unknown): CorralError =>
    new CorralError("CONFIG", `the check ${quote(module)} ${rule}`, {
      object: module,
      fix: "name an ES module and its exported function",
      cause,
    });
  const loaded = await import(pathToFileURL(resolve(directory, module)).href).catch((thrown: unknown) => {
    throw refuse(`cannot be loaded: ${firstLine(thrown)}`, thrown);
  });
  const found: unknown = Reflect.get(loaded as object, name);
  if (typeof found !== "function") throw refuse(`has no function ${quote(name)} among its exports`);
  return found as UserCheck;
}

/**
 * Loads the checks that a scenario names, before anything happens.
 * @param directory that the modules' paths count from
 * @throws CorralError CONFIG
 */
export async function loadModuleChecks({ expect = [] }: Scenario, directory: string): Promise<readonly ModuleCheck[]> {
  const checks: ModuleCheck[] = [];
  for (const expectation of expect) {
    if (!("check" in expectation)) continue;
    const { module, export: name } = expectation.check;
    checks.push({ name: name ?? module, check: await load(expectation.check, directory) });
  }
  return checks;
}

export async function runModuleChecks(checks: readonly ModuleCheck[], record: RunRecord): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const { name, check } of checks) results.push(...(await runUserCheck(name, check, record)));
  return results;
}
