import { existsSync, realpathSync } from "node:fs";
import { delimiter, dirname, resolve } from "node:path";
import type { ScenarioFile } from "../file/index.ts";
import type { ModuleReference, Scenario } from "../model/index.ts";
import { findIncludedFiles } from "./include-files.ts";

function modulesOf({ steps, expect = [] }: Scenario): readonly ModuleReference[] {
  const setups = steps.flatMap(({ setup }) => (setup !== undefined && "module" in setup ? [setup] : []));
  return [...setups, ...expect.flatMap((one) => ("check" in one ? [one.check] : []))];
}

/** Where a payload's program is; nothing for one that is not there, which is the run's to tell. */
function programOf(program: string): readonly string[] {
  if (program.includes("/")) return [resolve(program)];
  const folder = (process.env["PATH"] ?? "")
    .split(delimiter)
    .find((one) => one !== "" && existsSync(`${one}/${program}`));
  return folder === undefined ? [] : [resolve(folder, program)];
}

/**
 * Paths of this host that a run of a scenario in a guest has to see: its file's directory, those of its modules, payloads' programs, and
 * the files that they include. Absolute; in no order.
 * @throws CorralError CONFIG for an included file that is not there
 */
export function neededPaths({ path, scenario }: ScenarioFile): readonly string[] {
  const directory = dirname(resolve(path));
  const modules = modulesOf(scenario).map(({ module }) => dirname(resolve(directory, module)));
  const programs = (scenario.payloads ?? []).flatMap(({ command: [program = ""] }) => programOf(program));
  const files = findIncludedFiles(scenario, directory).map((file) => file.path);
  const named = [directory, ...modules, ...programs, ...files];
  // Where links lead has to be seen too.
  return [...new Set(named.flatMap((one) => (existsSync(one) ? [one, realpathSync(one)] : [one])))];
}
