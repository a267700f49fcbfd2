/** What `corral-worker` says at its end (native/BOUNDARY.md). */
export interface WorkerEnd {
  /** Processes that were made. */
  readonly forks: number;
  /** Those that could not be made, or did not end with 0. */
  readonly failed: number;
  /** Of the last that could not be made; 0 when all could. */
  readonly errno: number;
  readonly ticks: number;
  readonly elapsedNs: number;
}

export type WorkerLine =
  | { readonly kind: "op"; readonly latenciesNs: readonly number[] }
  | { readonly kind: "end"; readonly end: WorkerEnd };

/** Reads a line of `corral-worker`; null for one that is none. */
export function readWorkerLine(line: string): WorkerLine | null {
  const [kind, ...words] = line.split(" ");
  const numbers = words.map(Number);
  if (!numbers.every(Number.isSafeInteger)) return null;
  if (kind === "op") return { kind, latenciesNs: numbers };
  if (kind !== "end" || numbers.length !== 5) return null;
  const [forks = 0, failed = 0, errno = 0, ticks = 0, elapsedNs = 0] = numbers;
  return { kind, end: { forks, failed, errno, ticks, elapsedNs } };
}
