import { resolve } from "node:path";
import { CorralError, quote } from "../../report/index.ts";
import type { Scenario } from "../model/index.ts";
import { loadModule, ModuleFault } from "../modules/index.ts";
import type { ScenarioFile } from "./load.ts";

/** Whether a file is a module, by its name. */
export const isModulePath = (path: string): boolean => /\.[cm]?[jt]s$/.test(path);

/** A module's default export; of a CommonJS module that names none, all of its exports. */
function defaultOf(path: string): unknown {
  const exported = loadModule(path);
  return "default" in exported ? exported.default : exported;
}

/**
 * Loads a module whose default export is a scenario, as programs build it; its values are judged when it is planned.
 * @throws CorralError CONFIG when it cannot be loaded or exports none
 */
export function loadScenarioModule(path: string): ScenarioFile {
  const refuse = (why: string, cause?: unknown): CorralError =>
    new CorralError("CONFIG", `${quote(path)} ${why}`, {
      object: path,
      fix: "export a scenario as default, such as scenario(…) of corral/scenario",
      cause,
    });
  let found: unknown;
  try {
    found = defaultOf(resolve(path));
  } catch (cause) {
    if (!(cause instanceof ModuleFault)) throw cause;
    throw refuse(cause.message, cause);
  }
  if (typeof found !== "object" || found === null || !("steps" in found))
    throw refuse("exports no scenario as default");
  // Where in a module a value was written is not known.
  return { file: path, path, scenario: found as Scenario, locate: () => ({ line: 1, column: 1 }) };
}
