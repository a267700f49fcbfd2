import { existsSync } from "node:fs";
import type { GroupPlace } from "../../cgroup/index.ts";
import {
  hostCgroupsReader,
  parseFlatKeyed,
  placeAt,
  placeOfProcess,
  processesBelow,
  readGroupMemory,
  reclaimMemory,
  tryReadControl,
  whyUntouchable,
} from "../../cgroup/index.ts";
import type { AdviceSlice, MemoryAdvice, ProcessIdentity } from "../../kernel/index.ts";
import {
  adviseAnonymous,
  identityOf,
  isRunning,
  nativeErrno,
  readProcessStat,
  readStatusMemory,
} from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import type { SampleSubject } from "../model/index.ts";

/** One call of the kernel: it is over in some tens of milliseconds, and only then is a target that woke noticed. */
const sliceBytes = 4 * 2 ** 20;

/** Something whose memory is put aside while it is idle: a process, or all processes of a group. */
export interface CompactSubject {
  readonly name: string;
  readonly sample: SampleSubject;
  /** Those that are there now. */
  processes(): readonly ProcessIdentity[];
  /** Memory charged to its group; null where this host does not tell, and for the root group. */
  groupBytes(): number | null;
  /** Frees what has been paged out and still lies in the swap cache, where that can be done to nobody else. */
  freeSwapCache(): Promise<void>;
}

const readHost = hostCgroupsReader();

const bytesOf = (place: GroupPlace | null): number | null =>
  place === null || place.path === "/" ? null : readGroupMemory(place).currentBytes;

/** One request to the kernel, which cannot be called back. */
const cacheSliceBytes = 16 * 2 ** 20;

/** Pages on disk are still charged until somebody reclaims them, which costs nothing any more: v2 can be asked to. */
async function freeSwapCache(place: GroupPlace | null): Promise<void> {
  if (place === null || place.hierarchy.version === 1) return;
  const cached = parseFlatKeyed(tryReadControl(`${place.directory}/memory.stat`)).get("swapcached") ?? 0;
  try {
    for (let left = cached; left > 0; left -= cacheSliceBytes)
      if ((await reclaimMemory(place.directory, Math.min(left, cacheSliceBytes), null)) === "less") return;
  } catch {
    // Without memory.reclaim, or the right to it, the kernel frees them when somebody wants memory.
  }
}

/** @throws CorralError PROCESS_PROTECTED for process 1, Corral itself and what has no memory of its own */
export function processSubject(identity: ProcessIdentity): CompactSubject {
  const { pid } = identity;
  const why =
    pid === 1
      ? "everything depends on it"
      : pid === process.pid
        ? "it is Corral itself"
        : readStatusMemory(pid).rssBytes === null
          ? "it is a kernel thread, or has ended, and has no memory of its own"
          : null;
  if (why !== null)
    throw new CorralError("PROCESS_PROTECTED", `process ${pid} is left alone: ${why}`, {
      object: String(pid),
      fix: "name another process",
    });
  return {
    name: `pid ${pid}`,
    sample: { kind: "process", identity },
    processes: () => (isRunning(identity) ? [identity] : []),
    groupBytes: () => bytesOf(placeOfProcess(readHost(pid), "memory")),
    // Its group may hold others.
    freeSwapCache: async () => {},
  };
}

/**
 * @throws CorralError USAGE for a path that is none; CGROUP_PARENT when there is no such group, or it is the root or ours
 */
export function groupSubject(path: string): CompactSubject {
  const host = readHost("self");
  const places = (["unified", "cpuacct"] as const)
    .map((use) => placeAt(host, use, path))
    .filter((place) => place !== null);
  const place = places.find(({ directory }) => existsSync(directory));
  const why = place === undefined ? `there is no group ${path}` : whyUntouchable(place, host);
  if (place === undefined || why !== null)
    throw new CorralError("CGROUP_PARENT", why ?? "", {
      object: path,
      fix: "name another group, as in /proc/PID/cgroup",
    });
  return {
    name: path,
    sample: { kind: "group", path },
    processes: () =>
      processesBelow(place.directory).flatMap((pid) => {
        const identity = identityOf(pid);
        return identity === null ? [] : [identity];
      }),
    groupBytes: () => bytesOf(placeAt(host, "memory", path)),
    freeSwapCache: () => freeSwapCache(placeAt(host, "memory", path)),
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** CPU time of its processes so far, in microseconds; those that ended in between are missing. */
export const cpuUsOf = (subject: CompactSubject): number =>
  sum(
    subject.processes().map(({ pid }) => {
      const stat = readProcessStat(pid);
      return stat === null ? 0 : (stat.userTicks + stat.sysTicks) * 10_000;
    }),
  );

export const rssOf = (subject: CompactSubject): number =>
  sum(subject.processes().map(({ pid }) => readStatusMemory(pid).rssBytes ?? 0));

export const swapOf = (subject: CompactSubject): number =>
  sum(subject.processes().map(({ pid }) => readStatusMemory(pid).swapBytes ?? 0));

export const majorFaultsOf = (subject: CompactSubject): number =>
  sum(subject.processes().map(({ pid }) => readProcessStat(pid)?.majorFaults ?? 0));

/** Slices over all its memory. A process that ends meanwhile is passed over. */
export async function* adviseSubject(
  subject: CompactSubject,
  advice: MemoryAdvice,
): AsyncGenerator<AdviceSlice, void, undefined> {
  for (const identity of subject.processes()) {
    try {
      yield* adviseAnonymous(identity, advice, sliceBytes);
    } catch (thrown) {
      if (nativeErrno(thrown) !== "ESRCH") throw thrown;
    }
  }
}
