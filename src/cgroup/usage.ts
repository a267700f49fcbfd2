import { readControls } from "./control-file.ts";
import type { GroupHandle } from "./group.ts";

/** Time that tasks of the group were stalled for want of a resource (PSI totals, Documentation/accounting/psi.rst). */
export interface PressureTotals {
  readonly some_us: number;
  /** Null where the kernel gives no `full` line (system-wide cpu). */
  readonly full_us: number | null;
}

/** What a group has used so far. A field is null when this host has nothing that counts it. */
export interface GroupUsage {
  readonly cpu_total_us: number | null;
  readonly cpu_user_us: number | null;
  readonly cpu_sys_us: number | null;
  readonly nr_periods: number | null;
  readonly nr_throttled: number | null;
  readonly throttled_us: number | null;
  readonly memory_peak_bytes: number | null;
  readonly swap_peak_bytes: number | null;
  /** Processes killed by the kernel for lack of memory inside the group. */
  readonly oom_kills: number | null;
  /** Times an allocation hit memory.max (v1: memory.failcnt). */
  readonly memory_max_hits: number | null;
  /** Times usage went over memory.high and was throttled. */
  readonly memory_high_hits: number | null;
  readonly io_read_bytes: number | null;
  readonly io_write_bytes: number | null;
  readonly pids_peak: number | null;
  /** Forks refused by pids.max. */
  readonly pids_max_hits: number | null;
  readonly psi: Readonly<Record<"cpu" | "memory" | "io", PressureTotals | null>>;
}

// Plain string functions where every run passes: V8 compiles a pattern at its first use, and a run is short.
const isWholeNumber = (text: string): boolean => text !== "" && Number(text) >= 0;

/** Parses a flat keyed file (`key value` lines) such as cpu.stat. */
export function parseFlatKeyed(text: string | null): ReadonlyMap<string, number> {
  const values = new Map<string, number>();
  for (const line of (text ?? "").split("\n")) {
    const [key, value] = line.split(" ");
    if (key !== undefined && value !== undefined && isWholeNumber(value)) values.set(key, Number(value));
  }
  return values;
}

/** Parses a *.pressure file to its totals; null when PSI is off. */
export function parsePressure(text: string | null): PressureTotals | null {
  const lines = (text ?? "").split("\n");
  const total = (kind: string): number | null => {
    const [, value] = lines.find((line) => line.startsWith(kind))?.split("total=", 2) ?? [];
    return value === undefined ? null : Number(value);
  };
  const some = total("some ");
  return some === null ? null : { some_us: some, full_us: total("full ") };
}

/** Sums one key over every device line of io.stat. */
export function sumIoStat(text: string | null, key: string): number | null {
  if (text === null) return null;
  let sum = 0;
  for (const match of text.matchAll(new RegExp(`\\b${key}=(\\d+)`, "g"))) sum += Number(match[1]);
  return sum;
}

/** Sums the `MAJ:MIN Read N` lines of a v1 blkio counter. */
export function sumBlkio(text: string | null, operation: "Read" | "Write"): number | null {
  if (text === null) return null;
  let sum = 0;
  for (const line of text.split("\n")) {
    const [, kind, bytes] = line.split(" ");
    if (kind === operation) sum += Number(bytes);
  }
  return sum;
}

const numberIn = (text: string | null): number | null => {
  const number = text?.trim() ?? "";
  return isWholeNumber(number) ? Number(number) : null;
};

type Reader = (file: string) => string | null;

const memoryFiles: Readonly<Record<1 | 2, readonly string[]>> = {
  1: ["memory.max_usage_in_bytes", "memory.oom_control", "memory.failcnt"],
  2: ["memory.events", "memory.peak", "memory.swap.peak"],
};
const ioFile: Readonly<Record<1 | 2, string>> = { 1: "blkio.throttle.io_service_bytes_recursive", 2: "io.stat" };

/** Where a group's counters are; null: nowhere. */
interface Places {
  readonly unified: string | null;
  /** The v1 directory that tells of throttling. */
  readonly bandwidth: string | null;
  readonly memory: string | null;
  readonly io: string | null;
  readonly pids: string | null;
}

const placesOf = (group: GroupHandle): Places => ({
  unified: group.unified?.path ?? null,
  bandwidth: group.directories.find((one) => one.version === 1 && one.controllers.includes("cpu"))?.path ?? null,
  memory: group.directoryOf("memory"),
  io: group.directoryOf("io"),
  pids: group.directoryOf("pids"),
});

/** All files that hold a counter of a group, those that this kernel does not have too. */
export function usageFiles(group: GroupHandle): string[] {
  const { unified, bandwidth, memory, io, pids } = placesOf(group);
  const versionOf = (directory: string | null): 1 | 2 => (directory === unified ? 2 : 1);
  const below = (directory: string | null, files: readonly string[]): string[] =>
    directory === null ? [] : files.map((file) => `${directory}/${file}`);
  return [
    ...below(unified, ["cpu.stat", "cpu.pressure", "memory.pressure", "io.pressure"]),
    ...below(bandwidth, ["cpu.stat"]),
    ...below(memory, memoryFiles[versionOf(memory)]),
    ...below(io, [ioFile[versionOf(io)]]),
    ...below(pids, ["pids.peak", "pids.events"]),
  ];
}

/** Reads all of them in one go. */
function readAtOnce(group: GroupHandle): Reader {
  const texts = readControls(usageFiles(group));
  return (path) => texts.get(path) ?? null;
}

const readerIn =
  (read: Reader) =>
  (directory: string | null): Reader =>
    directory === null ? () => null : (file) => read(`${directory}/${file}`);

function readMemory(
  read: Reader,
  version2: boolean,
): Pick<GroupUsage, "memory_peak_bytes" | "swap_peak_bytes" | "oom_kills" | "memory_max_hits" | "memory_high_hits"> {
  if (version2) {
    const events = parseFlatKeyed(read("memory.events"));
    return {
      memory_peak_bytes: numberIn(read("memory.peak")),
      swap_peak_bytes: numberIn(read("memory.swap.peak")),
      oom_kills: events.get("oom_kill") ?? null,
      memory_max_hits: events.get("max") ?? null,
      memory_high_hits: events.get("high") ?? null,
    };
  }
  return {
    memory_peak_bytes: numberIn(read("memory.max_usage_in_bytes")),
    swap_peak_bytes: null,
    oom_kills: parseFlatKeyed(read("memory.oom_control")).get("oom_kill") ?? null,
    memory_max_hits: numberIn(read("memory.failcnt")),
    memory_high_hits: null,
  };
}

/** @param bandwidth of the v1 directory that tells of throttling; null: the other tells of it */
function readCpu(
  unified: Reader,
  bandwidth: Reader | null,
): Pick<GroupUsage, "cpu_total_us" | "cpu_user_us" | "cpu_sys_us" | "nr_periods" | "nr_throttled" | "throttled_us"> {
  const total = parseFlatKeyed(unified("cpu.stat"));
  const throttling = bandwidth === null ? total : parseFlatKeyed(bandwidth("cpu.stat"));
  const throttledNs = throttling.get("throttled_time");
  return {
    cpu_total_us: total.get("usage_usec") ?? null,
    cpu_user_us: total.get("user_usec") ?? null,
    cpu_sys_us: total.get("system_usec") ?? null,
    nr_periods: throttling.get("nr_periods") ?? null,
    nr_throttled: throttling.get("nr_throttled") ?? null,
    throttled_us:
      throttling.get("throttled_usec") ?? (throttledNs === undefined ? null : Math.round(throttledNs / 1000)),
  };
}

/**
 * Reads every counter a group has, from whichever hierarchy holds it. Never throws; what is absent is null.
 * @param read a file by its path, null when it is absent; default: all are read at once, for this one time
 */
export function readUsage(group: GroupHandle, read?: Reader): GroupUsage {
  const places = placesOf(group);
  const readerFor = readerIn(read ?? readAtOnce(group));
  const unified = readerFor(places.unified);
  const isV2 = (path: string | null): boolean => path !== null && path === places.unified;
  const pids = readerFor(places.pids);
  const ioText = readerFor(places.io)(ioFile[isV2(places.io) ? 2 : 1]);
  return {
    ...readCpu(unified, places.bandwidth === null ? null : readerFor(places.bandwidth)),
    ...readMemory(readerFor(places.memory), isV2(places.memory)),
    io_read_bytes: isV2(places.io) ? sumIoStat(ioText, "rbytes") : sumBlkio(ioText, "Read"),
    io_write_bytes: isV2(places.io) ? sumIoStat(ioText, "wbytes") : sumBlkio(ioText, "Write"),
    pids_peak: numberIn(pids("pids.peak")),
    pids_max_hits: parseFlatKeyed(pids("pids.events")).get("max") ?? null,
    psi: {
      cpu: parsePressure(unified("cpu.pressure")),
      memory: parsePressure(unified("memory.pressure")),
      io: parsePressure(unified("io.pressure")),
    },
  };
}
