/** Who counted: the job's group, or /proc for its leader alone; null when nobody did. */
export type CountedBy = "group" | "leader" | null;

/** CPU time that something had used at some moment. */
export interface CpuSample {
  readonly usedUs: number;
  /** CLOCK_MONOTONIC. */
  readonly atNs: bigint;
  readonly source: CountedBy;
}

/** Use between two samples in percent of one CPU; null when they do not compare. */
export function cpuPercent(before: CpuSample, now: CpuSample): number | null {
  const elapsedUs = Number(now.atNs - before.atNs) / 1000;
  if (before.source !== now.source || elapsedUs <= 0 || now.usedUs < before.usedUs) return null;
  return Math.round(((now.usedUs - before.usedUs) / elapsedUs) * 1000) / 10;
}

/** Tells what each job has used since it was last asked about. */
export class CpuMeter {
  #before = new Map<string, CpuSample>();
  #now = new Map<string, CpuSample>();

  /** Begins another round; jobs that the last one did not ask about are forgotten. */
  nextRound(): void {
    this.#before = this.#now;
    this.#now = new Map();
  }

  /** Percent of one CPU since the round before; null in the first. @param key one job, for ever */
  percent(key: string, sample: CpuSample | null): number | null {
    if (sample === null) return null;
    this.#now.set(key, sample);
    const before = this.#before.get(key);
    return before === undefined ? null : cpuPercent(before, sample);
  }
}
