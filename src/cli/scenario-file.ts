import { existsSync } from "node:fs";
import { ConfigError } from "../report/config/index.ts";
import { CorralError, exitStatus, nearNames, quote, suggestion } from "../report/index.ts";
import { cannedNames, cannedPath } from "../scenario/canned/index.ts";
import type { ScenarioPlanDocument } from "../scenario/index.ts";
import { parseTopology, planScenarioFile, readHostTopology, toPlanDocument } from "../scenario/index.ts";
import { loadScenarioFor } from "../scenario/plan/index.ts";
import { flagValue } from "./flag-values.ts";
import { writeText } from "./output.ts";

/** What a file's scenario comes to. */
export interface PlannedFile {
  readonly file: string;
  readonly document: ScenarioPlanDocument;
}

/** A word is no scenario. @param fix what else it could have been */
export const noScenario = (word: string, fix: string): CorralError =>
  new CorralError("USAGE", `${quote(word)} is neither a file nor a scenario that is shipped`, {
    object: word,
    fix: `${fix}${suggestion(nearNames(word, cannedNames()), "corral scenario list has the names")}`,
  });

/** The file that a word stands for: the one of that path, or when there is none, the scenario that is shipped under that name. */
function scenarioPath(word: string): string {
  if (existsSync(word)) return word;
  const shipped = cannedPath(word);
  if (shipped === null && /^[a-z][a-z0-9-]*$/.test(word)) throw noScenario(word, "name one of them");
  return shipped ?? word;
}

/** The one file that a command is given, or names by its scenario. @throws CorralError USAGE */
export function fileOf(command: string, args: readonly string[]): string {
  const [file, ...more] = args;
  if (file === undefined || file === "" || more.length > 0)
    throw new CorralError("USAGE", `scenario ${command} takes one file`, {
      fix: `corral scenario ${command} FILE, or the name of one that is shipped`,
    });
  return scenarioPath(file);
}

/**
 * Settles the scenario of a command's file, and does with it what the command does. Mistakes go to stderr as compilers write
 * them, so that editors find the place.
 * @returns exit status: what `use` gives; 2 when the file has mistakes
 * @throws CorralError USAGE, CONFIG
 */
export async function withPlannedFile(
  command: string,
  args: readonly string[],
  topologyText: string | undefined,
  use: (planned: PlannedFile) => void,
): Promise<number> {
  const file = fileOf(command, args);
  const topology = topologyText === undefined ? readHostTopology() : flagValue("topology", topologyText, parseTopology);
  try {
    const loaded = await loadScenarioFor(file, { topology: () => topology });
    const result = await planScenarioFile(loaded, { topology });
    use({ file, document: toPlanDocument(loaded.scenario.name, result, topology) });
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    writeText(2, `${thrown.toLine()}\n`);
    return exitStatus.usage;
  }
}
