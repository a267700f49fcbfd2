import type { ConfigPath } from "../../report/config/index.ts";
import type { SoundPart } from "../file/index.ts";
import { snakeKeys, soundPart } from "../file/index.ts";
import type { Scenario } from "../model/index.ts";
import type { ModuleJudge, ScenarioProblem } from "../resolve/index.ts";
import { resolveScenario, whereIn } from "../resolve/index.ts";
import type { Topology } from "../topology/index.ts";
import { expandSetups } from "./expand-setups.ts";

/** Where a scenario is settled. */
interface Settling {
  readonly topology: Topology;
  /** That modules' paths count from. */
  readonly directory: string;
  readonly judgeModule: ModuleJudge;
}

const textsAt = (value: unknown, path: ConfigPath): readonly string[] => {
  const found = path.reduce<unknown>(
    (node, step) => (typeof node === "object" && node !== null ? Reflect.get(node, step) : undefined),
    value,
  );
  const texts = (one: unknown): readonly string[] => {
    if (typeof one === "string") return [one];
    return typeof one === "object" && one !== null ? Object.values(one).flatMap(texts) : [];
  };
  return texts(found);
};

/** Ops that hang on what ops before them did, without a name that both have. */
const hanging = /\((?:(?:attach|replace|detach|restart)_scheduler|(?:run|wait|kill)_payload)\)/;

const isOpOrScheduler = (path: ConfigPath): boolean =>
  (typeof path.at(-1) === "number" && path.at(-2) === "ops") || path[0] === "scheduler";

/** Whether what was left out may be all that is wrong. */
function isFollowUp({ path, where, ofHost }: ScenarioProblem, { scenario, removed, lost }: SoundPart): boolean {
  if (ofHost && removed.some(([first]) => first === "needs")) return true;
  if (hanging.test(where) && removed.some(isOpOrScheduler)) return true;
  const names = [...lost].filter((name) => name !== "");
  return textsAt(scenario, path).some((text) => names.some((name) => text === name || text.startsWith(`${name}/`)));
}

/** One that contains itself has none. */
function soundPartOf(scenario: Scenario): SoundPart | null {
  try {
    return soundPart(snakeKeys(scenario));
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    return null;
  }
}

async function problemsIn(part: SoundPart, { topology, directory, judgeModule }: Settling) {
  const expanded = await expandSetups(part.scenario, topology, directory);
  if (expanded.problems.length > 0) return expanded.problems;
  const resolution = resolveScenario(expanded.scenario, topology, judgeModule);
  return resolution.kind === "problems" ? resolution.problems : [];
}

/**
 * What else is wrong with a scenario some of whose values are wrong by themselves: the rest is gone through without them, so that all
 * of it is told at once. What may only be wrong because of them is left out.
 */
export async function restProblems(scenario: Scenario, settling: Settling): Promise<readonly ScenarioProblem[]> {
  const part = soundPartOf(scenario);
  if (part === null) return [];
  const problems = await problemsIn(part, settling);
  return problems
    .filter((problem) => !isFollowUp(problem, part))
    .map((problem) => {
      const path = part.placeOf(problem.path);
      const isMoved = path.some((step, at) => step !== problem.path[at]);
      return { ...problem, path, where: isMoved ? whereIn(scenario, path) : problem.where };
    });
}
