import { CorralError } from "../report/index.ts";

/**
 * C strings end at the first NUL: what follows would silently be lost.
 * @throws CorralError START_FAILED
 */
export function refuseNul(texts: readonly string[]): void {
  const bad = texts.find((text) => text.includes("\0"));
  if (bad === undefined) return;
  throw new CorralError("START_FAILED", "a program, argument or environment entry contains a NUL character", {
    object: JSON.stringify(bad).slice(0, 80),
    fix: "remove the NUL character",
  });
}
