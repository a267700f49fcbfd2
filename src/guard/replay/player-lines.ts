/** One step of a trace that was followed. */
export interface PlayedStep {
  /** From the start of the trace. */
  readonly atMs: number;
  /** How long it took to get the memory, or to give it back. */
  readonly tookMs: number;
  readonly mib: number;
}

/** What `corral-worker trace` has told (native/BOUNDARY.md). */
export interface Played {
  /** It has its first memory and waits for the start. */
  readonly isReady: boolean;
  readonly steps: readonly PlayedStep[];
  /** How long the whole trace took; null: it did not come to its end. */
  readonly elapsedMs: number | null;
}

const nsPerMs = 1e6;
const pagesPerMib = 256;

/** Reads what a player has told so far; a line that is not whole yet does not count. */
export function readPlayed(text: string): Played {
  const lines = text.split("\n").slice(0, -1);
  const words = lines.map((line) => line.split(" "));
  const found = (kind: string): readonly (readonly number[])[] =>
    words.filter(([word]) => word === kind).map((line) => line.slice(1).map(Number));
  const toStep = ([at = 0, took = 0, pages = 0]: readonly number[]): PlayedStep => ({
    atMs: at / nsPerMs,
    tookMs: took / nsPerMs,
    mib: pages / pagesPerMib,
  });
  const elapsedNs = found("end")[0]?.[0];
  return {
    isReady: found("ready").length > 0,
    steps: [...found("ready"), ...found("step")].map(toStep),
    elapsedMs: elapsedNs === undefined ? null : elapsedNs / nsPerMs,
  };
}

/** How long each step took that asked for more memory, the first apart. */
export const allocationMs = ({ steps }: Played): readonly number[] =>
  steps.flatMap(({ mib, tookMs }, index) => (index > 0 && mib > (steps[index - 1]?.mib ?? 0) ? [tookMs] : []));
