export type ArrivalSpread = "uniform" | "exponential";

/**
 * When operations of a rate are due, in milliseconds since the begin: evenly, or as if many that know nothing of each other
 * asked (a Poisson process).
 * @param random from 0 to below 1
 */
export function* arrivalTimes(perSec: number, spread: ArrivalSpread, random: () => number): Generator<number, never> {
  const meanMs = 1000 / perSec;
  // Multiplied, not added up: a million small errors would be one large one.
  for (let number = 0, atMs = 0; ; number += 1) {
    yield spread === "uniform" ? number * meanMs : atMs;
    atMs -= Math.log(1 - random()) * meanMs;
  }
}
