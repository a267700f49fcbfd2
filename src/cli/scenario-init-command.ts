import { CorralError, nearNames } from "../report/index.ts";
import { beginFrom, cannedNames } from "../scenario/canned/index.ts";
import { say, writeText } from "./output.ts";
import { noScenario } from "./scenario-file.ts";

/** A new name is that of a file; one that is nearly that of a scenario which is shipped is a slip. */
const isNewName = (name: string): boolean =>
  /^[A-Za-z][A-Za-z0-9_-]{0,127}$/.test(name) && nearNames(name, cannedNames()).length === 0;

/**
 * `corral scenario init NAME|FILE`: writes a scenario to begin with, and the names of its files to stdout; what comes next is said on
 * stderr.
 * @returns 0
 * @throws CorralError USAGE, REPORT_UNWRITABLE
 */
export async function scenarioInitCommand(_flags: object, args: readonly string[]): Promise<number> {
  const [nameOrFile, ...more] = args;
  if (nameOrFile === undefined || nameOrFile === "" || more.length > 0)
    throw new CorralError("USAGE", "scenario init takes one name or file", {
      fix: "corral scenario init steady, or corral scenario init my.yaml; corral scenario list has the names",
    });
  const written = beginFrom(nameOrFile) ?? (isNewName(nameOrFile) ? beginFrom(`${nameOrFile}.yaml`) : null);
  if (written === null) throw noScenario(nameOrFile, "a file ends in .yaml");
  writeText(1, written.map((path) => `${path}\n`).join(""));
  const [file = ""] = written;
  say(`next: corral scenario plan ${file} says what it comes to, corral scenario run ${file} runs it`);
  return 0;
}
