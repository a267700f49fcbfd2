import type { LauncherSet, ProcessIdentity, RlimitSetting } from "../../kernel/index.ts";
import {
  isSameProcess,
  listTasks,
  loadAddon,
  nativeErrno,
  readAffinity,
  readIoPriority,
  readNice,
  readOomScore,
  readRlimit,
  readScheduling,
  rlimits,
  setAffinity,
  setIoPriority,
  setNice,
  setOomScore,
  setRlimit,
  setScheduling,
  taskStartTicks,
} from "../../kernel/index.ts";
import type { TaskChange } from "../start-record.ts";

/** How one attribute of a running process is read and written, values spelled as the launcher spells them. */
interface LiveAttribute {
  /** Kept by the kernel per thread or per process. */
  readonly per: "thread" | "process";
  readonly read: (tid: number) => string;
  readonly write: (tid: number, value: string) => void;
}

const pair = (value: string): [number, number] => {
  const [first = "0", second = "0"] = value.split(":");
  return [Number(first), Number(second)];
};

/** `policy:priority`, with `:reset` for SCHED_RESET_ON_FORK. A deadline has no such spelling and is left alone. */
const scheduling: LiveAttribute = {
  per: "thread",
  read: (tid) => {
    const { policy, priority, resetOnFork } = readScheduling(tid);
    return `${policy}:${priority}${resetOnFork ? ":reset" : ""}`;
  },
  write: (tid, value) => {
    const [policy, priority] = pair(value);
    setScheduling(tid, { policy, priority, resetOnFork: value.endsWith(":reset"), deadline: null });
  },
};

const bound = (value: bigint | null): string => (value === null ? "max" : String(value));
const toBound = (text: string): bigint | null => (text === "max" ? null : BigInt(text));

const rlimit = (resource: number): LiveAttribute => ({
  per: "process",
  read: (pid) => {
    const { soft, hard } = readRlimit(pid, resource);
    return `${bound(soft)}:${bound(hard)}`;
  },
  write: (pid, value) => {
    const [soft = "max", hard = "max"] = value.split(":");
    const setting: RlimitSetting = { resource, soft: toBound(soft), hard: toBound(hard) };
    setRlimit(pid, setting);
  },
});

const fixed: Readonly<Record<string, LiveAttribute>> = {
  nice: { per: "thread", read: (tid) => String(readNice(tid)), write: (tid, value) => setNice(tid, Number(value)) },
  "oom-score": {
    per: "process",
    read: (pid) => String(readOomScore(pid)),
    write: (pid, value) => setOomScore(pid, Number(value)),
  },
  ioprio: {
    per: "thread",
    read: (tid) => {
      const { class: ioClass, level } = readIoPriority(tid);
      return `${ioClass}:${level}`;
    },
    write: (tid, value) => {
      const [ioClass, level] = pair(value);
      setIoPriority(tid, { class: ioClass, level });
    },
  },
  sched: scheduling,
  affinity: { per: "thread", read: readAffinity, write: setAffinity },
};

const rlimitNumbers = new Set<number>(Object.values(rlimits));

/** The attribute of a launcher name such as `nice` or `rlimit.7`; null for what a running process cannot be given. */
export function liveAttribute(name: string): LiveAttribute | null {
  const number = Number(/^rlimit\.(\d+)$/.exec(name)?.[1] ?? "-1");
  return rlimitNumbers.has(number) ? rlimit(number) : (fixed[name] ?? null);
}

/** Ids that hold an attribute of a process: its threads, or itself. */
export const holdersOf = (pid: number, { per }: LiveAttribute): number[] => (per === "thread" ? listTasks(pid) : [pid]);

/** One value that is asked for, under its launcher name. */
export interface WantedAttribute {
  readonly name: string;
  readonly value: string;
}

/** A tid's value now, or null when it is gone or may not be read. */
export function readQuietly(attribute: LiveAttribute, tid: number): string | null {
  try {
    return attribute.read(tid);
  } catch {
    return null;
  }
}

/** What setting `wanted` on a process would change: only values that differ. Nothing is written. */
export function planChanges(pid: number, wanted: readonly WantedAttribute[]): TaskChange[] {
  return wanted.flatMap(({ name, value }) => {
    const attribute = liveAttribute(name);
    if (attribute === null) return [];
    return holdersOf(pid, attribute).flatMap((tid) => {
      const before = readQuietly(attribute, tid);
      return before === null || before === value ? [] : [{ tid, attribute: name, before, after: value }];
    });
  });
}

/** Whether a tid still names a thread of exactly this process: tids are reused across processes, as pids are. */
export const holds = (identity: ProcessIdentity, tid: number): boolean =>
  (tid === identity.pid || taskStartTicks(identity.pid, tid) !== null) && isSameProcess(identity);

/** Writes planned changes; the first refusal per attribute is told, a thread that ended meanwhile is none. */
export function applyChanges(identity: ProcessIdentity, changes: readonly TaskChange[]): ReadonlyMap<string, string> {
  const refusals = new Map<string, string>();
  for (const { tid, attribute: name, after } of changes) {
    if (!holds(identity, tid)) continue;
    try {
      liveAttribute(name)?.write(tid, after);
    } catch (thrown) {
      const errno = nativeErrno(thrown) ?? "error";
      if (errno !== "ESRCH" && errno !== "ENOENT" && !refusals.has(name)) refusals.set(name, errno);
    }
  }
  return refusals;
}

/**
 * Changes as the kernel took them: an affinity reads back as what the cpuset leaves of it, which may be what it was. Only
 * what stands now can later be told from what somebody else has set.
 */
export const asTaken = (changes: readonly TaskChange[]): TaskChange[] =>
  changes.flatMap((change) => {
    const attribute = change.attribute === "affinity" ? liveAttribute(change.attribute) : null;
    const now = attribute === null ? null : readQuietly(attribute, change.tid);
    if (now === null) return [change];
    return now === change.before ? [] : [{ ...change, after: now }];
  });

const unreadable = (): string => (loadAddon() === null ? "the native addon is missing" : "it cannot be read");

/** The outcome of every wanted attribute in the launcher's form, read back from the leader. */
export function setsOf(
  leader: number,
  wanted: readonly WantedAttribute[],
  refusals: ReadonlyMap<string, string>,
): LauncherSet[] {
  return wanted.map(({ name }) => {
    const attribute = liveAttribute(name);
    const effective = attribute === null ? null : readQuietly(attribute, leader);
    // What cannot be read has not been set either.
    const code = refusals.get(name) ?? (effective === null ? unreadable() : null);
    return { name, errno: code === null ? 0 : -1, code, effective };
  });
}
