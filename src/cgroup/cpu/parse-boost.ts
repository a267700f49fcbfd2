import { parseDurationMs, quote } from "../../report/index.ts";
import type { CpuBoost } from "./backend.ts";

/**
 * Reads `BUDGET/PERIOD`, two durations such as `20ms/100ms`.
 * @throws RangeError saying what is expected
 */
export function parseBoost(text: string): CpuBoost {
  const [budget, period, ...more] = text.split("/");
  if (!budget || !period || more.length > 0)
    throw new RangeError(`expects BUDGET/PERIOD, such as 20ms/100ms, not ${quote(text)}`);
  const [budgetMs, periodMs] = [parseDurationMs(budget), parseDurationMs(period)];
  if (budgetMs <= 0 || budgetMs > periodMs)
    throw new RangeError(`expects a budget above 0 and at most the period: ${quote(text)}`);
  return { budgetMs, periodMs };
}
