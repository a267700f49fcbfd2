import { parseDurationMs } from "../../report/index.ts";

/** Less would end a session before anything can be done in it. */
const leastMs = 1000;

/** A time to live in milliseconds; null: `never`. @throws RangeError, whose message completes "<key> …" */
export function ttlMs(text: string): number | null {
  if (text === "never") return null;
  const ms = parseDurationMs(text);
  if (ms >= leastMs) return ms;
  throw new RangeError(`expects 1s or more, or never, not ${JSON.stringify(text)}`);
}
