import type { LoadOperation } from "./target.ts";

/**
 * Draws operations by their weights.
 * @param random from 0 to below 1
 */
export function operationDrawer(
  weights: Readonly<Partial<Record<LoadOperation, number>>>,
  random: () => number,
): () => LoadOperation {
  const entries = Object.entries(weights) as [LoadOperation, number][];
  const sum = entries.reduce((total, [, weight]) => total + weight, 0);
  return () => {
    let left = random() * sum;
    for (const [operation, weight] of entries) {
      left -= weight;
      if (left < 0) return operation;
    }
    return entries.at(-1)?.[0] ?? "get";
  };
}
