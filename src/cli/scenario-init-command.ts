import { CorralError } from "../report/index.ts";
import { beginFrom } from "../scenario/canned/index.ts";
import { writeText } from "./output.ts";
import { noScenario } from "./scenario-file.ts";

/**
 * `corral scenario init NAME|FILE`: writes a scenario to begin with, and the names of its files to stdout.
 * @returns 0
 * @throws CorralError USAGE, REPORT_UNWRITABLE
 */
export async function scenarioInitCommand(_flags: object, args: readonly string[]): Promise<number> {
  const [nameOrFile, ...more] = args;
  if (nameOrFile === undefined || nameOrFile === "" || more.length > 0)
    throw new CorralError("USAGE", "scenario init takes one name or file", {
      fix: "corral scenario init steady, or corral scenario init my.yaml; corral scenario list has the names",
    });
  const written = beginFrom(nameOrFile);
  if (written === null) throw noScenario(nameOrFile, "a file ends in .yaml");
  writeText(1, written.map((path) => `${path}\n`).join(""));
  return 0;
}
