import { readFileSync } from "node:fs";
import { nowMs, quietGap, sleep } from "../lib/measure.ts";
import { spawnTarget } from "../lib/spawn-target.ts";
import type { Discoverer, Place } from "./discoverers.ts";

export interface Quantiles {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Nearest-rank quantiles. */
export function quantiles(values: readonly number[]): Quantiles {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return { count: sorted.length, p50: at(0.5), p99: at(0.99), max: at(1) };
}

const isInGroup = (pid: number, { parent }: Place): boolean =>
  // Of the three hierarchies the last one to be moved in counts.
  (readFileSync(`/proc/${pid}/cgroup`, "latin1").match(new RegExp(`:(cpu|memory|pids):.*/${parent.name}/`, "g")) ?? [])
    .length === 3 || readFileSync(`/proc/${pid}/cgroup`, "latin1").includes(`0::/${parent.name}/`);

/** Longest wait for one process. */
const patienceMs = 15_000;

/** What one process after the other took. */
export interface Paced {
  /** Milliseconds from the exec until the process is in its groups, as seen from outside. */
  readonly waits: readonly number[];
  /** Processes that were started although the machine was busy. */
  readonly disturbed: number;
}

/** One process after the other, each after a gap in which the machine was mostly idle. */
export async function measurePaced(
  place: Place,
  nullFd: number,
  { count, gapMs }: { readonly count: number; readonly gapMs: number },
): Promise<Paced> {
  const waits: number[] = [];
  let disturbed = 0;
  for (let index = 0; index < count; index += 1) {
    if (!(await quietGap(gapMs))) disturbed += 1;
    const { pid, execMs, end } = spawnTarget(place.target, nullFd);
    while (!isInGroup(pid, place) && nowMs() - execMs < patienceMs) await sleep(nowMs() - execMs < 200 ? 0.2 : 5);
    waits.push(nowMs() - execMs);
    end();
  }
  return { waits, disturbed };
}

/** What Corral tells of the processes that an event told it of. */
export interface OwnAccount {
  readonly discovered: readonly number[];
  readonly governed: readonly number[];
}

export function ownAccount({ events }: Discoverer): OwnAccount {
  const governed = events().filter(({ event }) => event === "governed");
  const numbers = (key: string): number[] =>
    governed.flatMap((one) => (typeof one[key] === "number" ? [one[key]] : []));
  return { discovered: numbers("discovered_ms"), governed: numbers("governed_ms") };
}

/** Many processes at once, by Corral's own account. */
export async function measureBurst(
  place: Place,
  nullFd: number,
  discoverer: Discoverer,
  count: number,
): Promise<OwnAccount> {
  const before = discoverer.events().filter(({ event }) => event === "governed").length;
  await quietGap(500);
  const spawned = Array.from({ length: count }, () => spawnTarget(place.target, nullFd));
  const governed = (): number => discoverer.events().filter(({ event }) => event === "governed").length - before;
  for (const deadline = nowMs() + 60_000; governed() < count && nowMs() < deadline; ) await sleep(50);
  for (const { end } of spawned) end();
  const { discovered, governed: after } = ownAccount(discoverer);
  return { discovered: discovered.slice(-count), governed: after.slice(-count) };
}
