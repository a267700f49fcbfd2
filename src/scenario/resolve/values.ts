import type { ConfigPath } from "../../report/config/index.ts";
import { judgeValues, pathName } from "../../report/config/index.ts";
import { scenarioSchema, snakeKeys } from "../file/index.ts";
import type { ScenarioProblem } from "./problems.ts";
import { whereIn } from "./where.ts";

/** The name that a mistake is told of: the last key of its path, with the indices after it. */
const lastName = (path: ConfigPath): string =>
  pathName(
    path.slice(
      Math.max(
        0,
        path.findLastIndex((step) => typeof step === "string"),
      ),
    ),
  );

/**
 * Everything that is wrong with the values of a scenario each for itself, by the schema of the file: what programs build is
 * held to the same rules.
 */
export function judgeScenarioValues(scenario: unknown): readonly ScenarioProblem[] {
  const problem = (path: ConfigPath, at: "value" | "key", rule: string): ScenarioProblem => ({
    ...{ path, at, where: whereIn(scenario, path), rule },
    ...{ fix: null, ofHost: false },
  });
  try {
    return judgeValues(scenarioSchema, snakeKeys(scenario)).map(({ path, at, message }) => {
      const name = pathName(path);
      const rule = message.startsWith(`${name} `) ? `${lastName(path)}${message.slice(name.length)}` : message;
      return problem(path, at, rule);
    });
  } catch (thrown) {
    // A stack that is full: it contains itself.
    if (!(thrown instanceof RangeError)) throw thrown;
    return [problem([], "value", "is nested too deeply")];
  }
}
