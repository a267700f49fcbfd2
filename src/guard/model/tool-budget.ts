import type { BytesOrMax, Limits } from "../../cgroup/index.ts";
import type { Hint } from "./hint.ts";
import type { SessionClass } from "./session-class.ts";
import { lowerClass, sessionClasses } from "./session-class.ts";
import type { SessionSpec } from "./session-settings.ts";

/** What one tool call gets. */
export interface ToolBudget {
  readonly limits: Limits;
  /** Milliseconds from the exec until it is killed; null: never. */
  readonly timeMs: number | null;
  readonly class: SessionClass;
  /** What a call of its kind usually needs, which is its `memory.high`; null: that is not known, or does not matter. */
  readonly usualBytes: number | null;
  /** Whether the call has said how much memory it needs. */
  readonly memoryAsked: boolean;
  /** Names of what was asked for above a ceiling, and lowered to it. */
  readonly lowered: readonly BudgetPart[];
}

export type BudgetPart = "memory" | "cpu" | "time" | "pids" | "class";

const periodUs = 100_000;

/** The least of what is given; a `max` among it bounds nothing. */
function least(...values: readonly (BytesOrMax | undefined)[]): BytesOrMax {
  const numbers = values.filter((one): one is number => typeof one === "number");
  return numbers.length === 0 ? "max" : Math.min(...numbers);
}

const percentOf = ({ cpuMax }: Limits): number | "max" =>
  cpuMax === undefined || cpuMax.quotaUs === "max" ? "max" : (cpuMax.quotaUs / cpuMax.periodUs) * 100;

const isAbove = (one: BytesOrMax, other: BytesOrMax): boolean => other !== "max" && (one === "max" || one > other);

/** The parts of a budget, and which of them were lowered. */
class Settling {
  readonly lowered: BudgetPart[] = [];

  /** @param ask undefined: nothing was asked for, and nothing is lowered */
  bounded(part: BudgetPart, ask: BytesOrMax | undefined, standard: BytesOrMax, ceiling: BytesOrMax): BytesOrMax {
    // "As much as there may be" is not above a ceiling: it asks for the ceiling.
    if (ask !== undefined && ask !== "max" && isAbove(ask, ceiling)) this.lowered.push(part);
    return least(ask ?? standard, ceiling);
  }
}

/**
 * A hint held against its session: what is asked for, never above the tools' ceilings nor the session's own limits.
 * A hint of memory is a budget: beyond it the call is ended as a whole, and told why. Without a hint there is no cap on
 * memory but those of the session's file.
 * @param usualBytes what a call of its kind usually needs: beyond it one that says nothing of its memory is slowed down, never
 *   killed; null: not known
 */
export function planBudget(
  hint: Hint,
  { class: sessionClass, limits, tools }: SessionSpec,
  usualBytes: number | null = null,
): ToolBudget {
  const { limits: standard, ceilings } = tools;
  const settling = new Settling();
  const memory = settling.bounded(
    "memory",
    hint.memoryBytes,
    standard.memoryMax ?? "max",
    least(ceilings.memoryBytes, limits.memoryMax, limits.memoryHigh),
  );
  const percent = settling.bounded(
    "cpu",
    hint.cpuPercent,
    percentOf(standard),
    least(ceilings.cpuPercent, percentOf(limits)),
  );
  const pids = settling.bounded("pids", hint.pids, standard.pidsMax ?? "max", least(ceilings.pids, limits.pidsMax));
  const time = settling.bounded("time", hint.timeMs, tools.timeMs ?? "max", tools.timeMs ?? "max");
  const granted = lowerClass(hint.class ?? sessionClass, sessionClass);
  if (hint.class !== undefined && granted !== hint.class) settling.lowered.push("class");
  const said = hint.memoryBytes !== undefined || standard.memoryMax !== undefined || standard.memoryHigh !== undefined;
  // Where the cap is lower, the cap is all that counts.
  const high = said || usualBytes === null || !isAbove(memory, usualBytes) ? null : usualBytes;
  return {
    limits: {
      ...standard,
      ...(high === null ? {} : { memoryHigh: high }),
      ...(memory === "max" ? {} : { memoryMax: memory, oomGroup: true }),
      ...(percent === "max" ? {} : { cpuMax: { quotaUs: Math.round(percent * 1000), periodUs } }),
      ...(hint.class === undefined ? {} : { cpuWeight: sessionClasses[granted].cpuWeight }),
      ...(hint.ioWeight === undefined ? {} : { ioWeight: hint.ioWeight }),
      pidsMax: pids,
    },
    timeMs: time === "max" ? null : time,
    class: granted,
    usualBytes: high,
    memoryAsked: hint.memoryBytes !== undefined,
    lowered: settling.lowered,
  };
}
