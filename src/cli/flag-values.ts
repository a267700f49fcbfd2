import type { BytesOrMax, IoLatency, IoMax } from "../cgroup/index.ts";
import { resolveDisk } from "../cgroup/index.ts";
import { parseNumberList, rlimits } from "../kernel/index.ts";
import { CorralError, parseDurationMs, parseNumberIn, parseSize, parseSizeOrMax, quote } from "../report/index.ts";
import type { IoPriority, Rlimit, RlimitName, SchedPolicy } from "../run/index.ts";

const mib = 2 ** 20;
const pageBytes = 4096;

/** Runs a parser for one flag; its RangeError becomes a usage error that names the flag. */
export function flagValue<T>(flag: string, text: string, parse: (text: string) => T): T {
  try {
    return parse(text);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new CorralError("USAGE", `--${flag} ${cause.message}`, { object: `--${flag}`, found: text, cause });
  }
}

export const wholeNumber =
  (min: number, max: number) =>
  (text: string): number =>
    parseNumberIn(text, min, max, { integer: true });

/** Percent of one CPU to a quota per 100 ms. */
export function cpuQuotaUs(text: string): number {
  return Math.round(parseNumberIn(text, 1, 1_000_000, { integer: false }) * 1000);
}

/** `QUOTA PERIOD`, `max` or `max PERIOD` in microseconds. */
export function cpuMaxPair(text: string): { quotaUs: number | "max"; periodUs: number } {
  const [quota = "", period = "100000", ...rest] = text.trim().split(/\s+/);
  if (rest.length > 0) throw new RangeError(`expects "QUOTA PERIOD" in microseconds, or max, not ${quote(text)}`);
  const periodUs = parseNumberIn(period, 1000, 1_000_000, { integer: true });
  return {
    quotaUs: quota === "max" ? "max" : parseNumberIn(quota, 1000, Number.MAX_SAFE_INTEGER, { integer: true }),
    periodUs,
  };
}

/** A memory size whose bare number counts `bareUnit`; at least one page. */
export const memorySize =
  (bareUnit: number | null) =>
  (text: string): BytesOrMax => {
    const bytes = parseSizeOrMax(text, bareUnit);
    if (bytes !== "max" && bytes < pageBytes) throw new RangeError(`is less than one page of memory: ${quote(text)}`);
    return bytes;
  };
export const memoryInMib = memorySize(mib);

/** A size with a mandatory unit; 0 and max are allowed. */
export const sizeWithUnit = (text: string): BytesOrMax => parseSizeOrMax(text, null);

/** A kernel list such as `0-3,6`. */
export function kernelList(text: string): string {
  const list = parseNumberList(text);
  if (list === null || list.length === 0) throw new RangeError(`expects a list such as 0-3,6, not ${quote(text)}`);
  return text.trim();
}

export const oneOf =
  <const T extends string>(choices: readonly T[]) =>
  (text: string): T => {
    const found = choices.find((choice) => choice === text);
    if (found === undefined) throw new RangeError(`expects one of ${choices.join(", ")}, not ${quote(text)}`);
    return found;
  };

const positiveDuration = (text: string): number => {
  const ms = parseDurationMs(text);
  if (ms <= 0) throw new RangeError(`expects a duration above zero, not ${quote(text)}`);
  return ms;
};
export const durationMs = positiveDuration;

/** Resolves the disk of an IO limit, or says how to name one. */
function diskOf(text: string): string {
  const device = text === "" ? null : resolveDisk(text);
  if (device === null)
    throw new RangeError(`names no disk: ${quote(text)}; use MAJ:MIN, a name such as sda, or a path on the disk`);
  return device;
}

const ioMaxFields = {
  rbps: "readBytesPerSec",
  wbps: "writeBytesPerSec",
  riops: "readOpsPerSec",
  wiops: "writeOpsPerSec",
} as const;

/** `DISK rbps=10M wbps=5M riops=100 wiops=50`; parts may be separated by spaces or commas. */
export function ioMaxSpec(text: string): IoMax {
  const [disk = "", ...pairs] = text.trim().split(/[\s,]+/);
  const limit = {
    device: diskOf(disk),
    readBytesPerSec: null,
    writeBytesPerSec: null,
    readOpsPerSec: null,
    writeOpsPerSec: null,
  };
  const values: { -readonly [K in keyof IoMax]: IoMax[K] } = limit;
  if (pairs.length === 0)
    throw new RangeError(`needs at least one of rbps= wbps= riops= wiops= after the disk: ${quote(text)}`);
  for (const pair of pairs) {
    const [key = "", value = ""] = pair.split("=", 2);
    const field = Object.hasOwn(ioMaxFields, key) ? ioMaxFields[key as keyof typeof ioMaxFields] : undefined;
    if (field === undefined) throw new RangeError(`knows rbps, wbps, riops and wiops, not ${quote(pair)}`);
    values[field] = key.endsWith("bps")
      ? parseSizeOrMax(value, 1)
      : value === "max"
        ? "max"
        : parseNumberIn(value, 1, 2 ** 32 - 1, { integer: true });
    if (values[field] === 0) throw new RangeError(`cannot be zero: ${quote(pair)}`);
  }
  return values;
}

/** `DISK 20ms`: a latency target. */
export function ioLatencySpec(text: string): IoLatency {
  const [disk = "", target = "", ...rest] = text.trim().split(/[\s,]+/);
  if (target === "" || rest.length > 0)
    throw new RangeError(`expects a disk and a duration, such as "sda 20ms", not ${quote(text)}`);
  return { device: diskOf(disk), targetUs: Math.round(positiveDuration(target.replace(/^target=/, "")) * 1000) };
}

/** `CLASS` or `CLASS:LEVEL`; class names as ionice(1) and their numbers 0 to 3. */
export function ioPriority(text: string): IoPriority {
  const [name = "", level, ...rest] = text.split(":");
  const classes = {
    "0": "none",
    "1": "realtime",
    "2": "best-effort",
    "3": "idle",
    be: "best-effort",
    rt: "realtime",
  } as const;
  const known = Object.hasOwn(classes, name)
    ? classes[name as keyof typeof classes]
    : oneOf(["none", "realtime", "best-effort", "idle"])(name);
  if (rest.length > 0 || (level !== undefined && (known === "none" || known === "idle"))) {
    throw new RangeError(`expects a class, and a level only for realtime and best-effort, not ${quote(text)}`);
  }
  return {
    class: known,
    level:
      level === undefined
        ? known === "realtime" || known === "best-effort"
          ? 4
          : 0
        : parseNumberIn(level, 0, 7, { integer: true }),
  };
}

export function schedPolicy(text: string): SchedPolicy {
  const [name = "", priority, ...rest] = text.split(":");
  const policy = oneOf(["other", "batch", "idle", "fifo", "rr"])(name);
  const realtime = policy === "fifo" || policy === "rr";
  if (rest.length > 0 || realtime !== (priority !== undefined)) {
    throw new RangeError(`needs a priority for fifo and rr (fifo:10) and takes none otherwise: ${quote(text)}`);
  }
  return { policy, priority: priority === undefined ? 0 : parseNumberIn(priority, 1, 99, { integer: true }) };
}

const sizeRlimits: readonly RlimitName[] = ["fsize", "data", "stack", "core", "rss", "memlock", "as", "msgqueue"];

/** `NAME=SOFT[:HARD]`; sizes take units, `max` or `unlimited` lift the limit. */
export function rlimitSpec(text: string): Rlimit {
  const match = /^([a-z]+)=([^:]+)(?::([^:]+))?$/.exec(text.trim());
  if (match === null)
    throw new RangeError(`expects NAME=SOFT or NAME=SOFT:HARD, such as nofile=1024:4096, not ${quote(text)}`);
  const resource = oneOf(Object.keys(rlimits) as RlimitName[])(match[1] ?? "");
  const value = (part: string): number | "max" => {
    if (part === "max" || part === "unlimited") return "max";
    return sizeRlimits.includes(resource)
      ? parseSize(part, 1)
      : parseNumberIn(part, 0, Number.MAX_SAFE_INTEGER, { integer: true });
  };
  const soft = value(match[2] ?? "");
  const hard = match[3] === undefined ? soft : value(match[3]);
  if (hard !== "max" && (soft === "max" || soft > hard))
    throw new RangeError(`has a soft limit above its hard limit: ${quote(text)}`);
  return { resource, soft, hard };
}

/** Splits `NAME=VALUE`; the value is null when there is no `=`. */
export function nameAndValue(text: string): readonly [string, string | null] {
  const at = text.indexOf("=");
  const name = at === -1 ? text : text.slice(0, at);
  if (name === "") throw new RangeError(`expects NAME=VALUE, not ${quote(text)}`);
  return [name, at === -1 ? null : text.slice(at + 1)];
}
