import type { ConfigDocument } from "../../report/config/index.ts";
import { ConfigError, judgeValues, parseConfig, readConfigText } from "../../report/config/index.ts";
import type { Scenario } from "../model/index.ts";
import { camelKeys, snakePath } from "./keys.ts";
import { isModulePath, loadScenarioModule } from "./load-module.ts";
import { scenarioSchema } from "./scenario-schema.ts";

/** A scenario as it was written, and where each part of it stands. */
export interface ScenarioFile {
  /** What messages call the file. */
  readonly file: string;
  /** Its path as it was given: what the scenario names by paths is looked for beside it. */
  readonly path: string;
  readonly scenario: Scenario;
  /** Line and column, from 1, of a value by its path in the scenario; of the nearest above it that was written. */
  readonly locate: ConfigDocument["locate"];
}

/**
 * Reads a scenario's file. YAML or JSON, of at most 1 MiB, has every value judged for itself; a module (`.mjs`, `.js`, `.cjs`, and
 * `.ts` where Node loads it) exports a scenario as default. What values mean together and on a host is judged by the resolver.
 * @throws ConfigError (code CONFIG) with everything that is wrong; CorralError CONFIG when it cannot be read
 */
export const loadScenario = (path: string): ScenarioFile =>
  isModulePath(path) ? loadScenarioModule(path) : parseScenario(readConfigText(path), path);

/** As loadScenario, of a text. @param file what messages call it, and its path */
export function parseScenario(text: string, file: string): ScenarioFile {
  const { scenarioFile, mistakes } = examineScenario(text, file);
  if (mistakes !== null) throw mistakes;
  return scenarioFile;
}

/** A scenario as it was written, and what is wrong with its values, each for itself; null: nothing, and it is what it says. */
interface ExaminedScenario {
  readonly scenarioFile: ScenarioFile;
  readonly mistakes: ConfigError | null;
}

/** As parseScenario; mistakes of values are not thrown. @throws ConfigError for what is no YAML */
export function examineScenario(text: string, file: string): ExaminedScenario {
  const read: ScenarioFile[] = [];
  try {
    const scenarioFile = parseConfig(text, file, (value, name, document) => {
      const scenario = camelKeys(value) as Scenario;
      const locate: ScenarioFile["locate"] = (path, what) => document.locate(snakePath(path), what);
      const config = { file: name, path: file, scenario, locate };
      read.push(config);
      const issues = judgeValues(scenarioSchema, value);
      return { config: issues.length > 0 ? null : config, issues };
    });
    return { scenarioFile, mistakes: null };
  } catch (thrown) {
    const [scenarioFile] = read;
    if (!(thrown instanceof ConfigError) || scenarioFile === undefined) throw thrown;
    return { scenarioFile, mistakes: thrown };
  }
}
