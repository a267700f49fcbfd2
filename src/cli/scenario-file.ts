import { ConfigError } from "../report/config/index.ts";
import { CorralError, exitStatus } from "../report/index.ts";
import type { ScenarioPlanDocument } from "../scenario/index.ts";
import { loadScenario, parseTopology, planScenarioFile, readHostTopology, toPlanDocument } from "../scenario/index.ts";
import { flagValue } from "./flag-values.ts";
import { writeText } from "./output.ts";

/** What a file's scenario comes to. */
export interface PlannedFile {
  readonly file: string;
  readonly document: ScenarioPlanDocument;
}

/** The one file that a command is given. @throws CorralError USAGE */
export function fileOf(command: string, args: readonly string[]): string {
  const [file, ...more] = args;
  if (file === undefined || file === "" || more.length > 0)
    throw new CorralError("USAGE", `scenario ${command} takes one file`, { fix: `corral scenario ${command} FILE` });
  return file;
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
    const loaded = loadScenario(file);
    const result = await planScenarioFile(loaded, { topology });
    use({ file, document: toPlanDocument(loaded.scenario.name, result, topology) });
    return 0;
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    writeText(2, `${thrown.toLine()}\n`);
    return exitStatus.usage;
  }
}
