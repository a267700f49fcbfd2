import { readFileSync } from "node:fs";
import type { NativeAddon } from "../../src/kernel/index.ts";
import { toByteBlock } from "../../src/kernel/index.ts";

/** UV_READABLE of libuv. */
const readable = 1;

/** Monotonic clock in milliseconds. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

export const sleep = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });

/** One measured program: exit status, wall time, and CPU time of the process with all it waited for. */
export interface ProcessSample {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly code: number | null;
}

export interface TimedCommand {
  readonly file: string;
  readonly argv: readonly string[];
  readonly env: readonly string[];
  /** Descriptor for the child's stdin, stdout and stderr. */
  readonly nullFd: number;
}

/** Runs a program from clone3 to the wake-up by its pidfd; vfork keeps this process's size out of the figure. */
export function timeProcess(addon: NativeAddon, command: TimedCommand): Promise<ProcessSample> {
  const { file, argv, env, nullFd } = command;
  return new Promise((resolve) => {
    const startMs = nowMs();
    const { pidfd } = addon.spawn(file, toByteBlock(argv), toByteBlock(env), null, [nullFd, nullFd, nullFd], null, 0);
    const watcher = addon.watchFd(pidfd, readable, () => {
      const wallMs = nowMs() - startMs;
      const exit = addon.waitPidfd(pidfd);
      if (exit === null) return;
      watcher.close();
      addon.close(pidfd);
      resolve({ wallMs, cpuMs: (exit.userUs + exit.sysUs) / 1000, code: exit.code });
    });
  });
}

/** Idle and total clock ticks of the machine, proc_stat(5). */
function cpuTicks(): { readonly idle: number; readonly total: number } {
  const line = readFileSync("/proc/stat", "latin1").split("\n", 1)[0] ?? "";
  const fields = line.trim().split(/\s+/).slice(1, 9).map(Number);
  return { idle: (fields[3] ?? 0) + (fields[4] ?? 0), total: fields.reduce((sum, value) => sum + value, 0) };
}

const busyShare = 0.2;

/**
 * Waits `gapMs` in which the machine was mostly idle, so that a sample starts cold and undisturbed, as for a user.
 * @returns false when no quiet gap came within twenty tries
 */
export async function quietGap(gapMs: number): Promise<boolean> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const before = cpuTicks();
    await sleep(gapMs);
    const after = cpuTicks();
    if (after.idle - before.idle >= (1 - busyShare) * (after.total - before.total)) return true;
  }
  return false;
}

export interface Rounds<S> {
  readonly samples: ReadonlyMap<string, readonly S[]>;
  /** Samples taken although the machine was busy. */
  readonly disturbed: number;
}

/** Interleaved rounds, A B C … A B C …: what drifts meets every variant alike. The first round warms and is dropped. */
export async function interleave<S>(
  rounds: number,
  gapMs: number,
  variants: ReadonlyMap<string, () => Promise<S>>,
): Promise<Rounds<S>> {
  const samples = new Map<string, S[]>([...variants.keys()].map((name) => [name, []]));
  let disturbed = 0;
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, take] of variants) {
      const quiet = await quietGap(round < 0 ? 1 : gapMs);
      const sample = await take();
      if (round < 0) continue;
      if (!quiet) disturbed += 1;
      samples.get(name)?.push(sample);
    }
  }
  return { samples, disturbed };
}

export interface Summary {
  readonly median: number;
  readonly p10: number;
  readonly p90: number;
  readonly count: number;
}

/** Nearest-rank quantiles. */
export function summarize(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return { median: at(0.5), p10: at(0.1), p90: at(0.9), count: sorted.length };
}

/**
 * Median of the ratios within each round. The two samples of a round are taken moments apart, so that a machine whose
 * speed wanders from round to round slows both; it does not show, as it does in a ratio of two medians.
 */
export const medianRatio = (over: readonly number[], under: readonly number[]): number =>
  summarize(over.map((value, round) => value / (under[round] ?? Number.NaN))).median;

/** Median of the differences within each round: what one variant costs over another. */
export const medianDifference = (more: readonly number[], less: readonly number[]): number =>
  summarize(more.map((value, round) => value - (less[round] ?? Number.NaN))).median;
