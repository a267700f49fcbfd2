import { CorralError, quote } from "../../report/index.ts";
import type { IoPriority, RlimitName, SchedPolicy } from "../spec.ts";
import type { SettingsSource } from "./source.ts";
import { refusing } from "./source.ts";
import type { RawSettings, SettingName } from "./vocabulary.ts";

/** A size: a number of bytes, a text with a unit of powers of 1024 (`"512M"`, `"1.5G"`), or `"max"` for no limit. */
export type SizeOption = number | string;

/** A duration above zero: a number of milliseconds, or a text with a unit (`"20ms"`, `"1.5s"`). */
export type DurationOption = number | string;

/** CPUs or memory nodes: their numbers, or a text such as `"0-3,6"`. */
export type ListOption = string | readonly number[];

/** Throughput limits of one disk (cgroup-v2.rst, io.max). At least one beside `disk`; one that is absent is left alone. */
export interface IoMaxOption {
  /** `"MAJ:MIN"`, a name such as `"sda"`, or a path: the disk it lies on. Limits go to the whole disk. */
  readonly disk: string;
  /** Bytes per second, above 0. */
  readonly readBytesPerSec?: SizeOption;
  /** Bytes per second, above 0. */
  readonly writeBytesPerSec?: SizeOption;
  /** Operations per second, 1 to 4 294 967 295. */
  readonly readOpsPerSec?: number | "max";
  /** Operations per second, 1 to 4 294 967 295. */
  readonly writeOpsPerSec?: number | "max";
}

/** Latency target of one disk (cgroup-v2.rst, io.latency). */
export interface IoLatencyOption {
  /** As in IoMaxOption. */
  readonly disk: string;
  readonly target: DurationOption;
}

/** A value of setrlimit(2) in the resource's own unit: bytes, seconds, microseconds or a count; sizes may be texts. */
export type RlimitOption = number | string;

/**
 * Limits and process attributes as the library takes them. Every one is the flag of `corral run` of the same name;
 * none has a default: what is absent, or undefined, is not touched. What the kernel then makes of them is docs/run.md.
 */
export interface LimitOptions {
  /** Hard cap on CPU time in percent of one CPU: 150 is one and a half. 1 to 1 000 000, fractions allowed; `max` is no cap. */
  readonly cpuQuota?: number | "max" | undefined;
  /** Share of the CPU under contention, 1 to 10 000; a group without one has 100. */
  readonly cpuWeight?: number | undefined;
  /** The cap as cpu.max takes it, instead of `cpuQuota`: microseconds ≥ 1000 per period of 1000 to 1 000 000 (100 000). */
  readonly cpuMax?: { readonly quotaUs: number | "max"; readonly periodUs?: number } | "max" | undefined;
  /** Unused quota that may be saved up, at most one quota; needs a quota. */
  readonly cpuBurst?: DurationOption | undefined;
  /** True: run only when nothing else wants the CPU; excludes `cpuWeight`. */
  readonly cpuIdle?: boolean | undefined;
  /** CPUs the workload may use. */
  readonly cpuset?: ListOption | undefined;
  /** Memory nodes the workload may use. */
  readonly cpusetMems?: ListOption | undefined;
  /** Takes the CPUs of `cpuset` away from everybody else (cgroup v2). */
  readonly cpusetPartition?: "member" | "root" | "isolated" | undefined;
  /** Hard cap on memory, page cache included; at least one page. Above it the kernel reclaims, then kills. */
  readonly memoryLimit?: SizeOption | undefined;
  /** Above this the workload is slowed down and made to give memory back. */
  readonly memoryHigh?: SizeOption | undefined;
  /** Below this memory is taken from others first. */
  readonly memoryLow?: SizeOption | undefined;
  /** Below this memory is never taken. */
  readonly memoryMin?: SizeOption | undefined;
  /** Cap on swap; 0 forbids it. */
  readonly swapMax?: SizeOption | undefined;
  /** Cap on compressed swap in memory. */
  readonly zswapMax?: SizeOption | undefined;
  /** True: an out-of-memory kill ends every process of the workload. */
  readonly oomGroup?: boolean | undefined;
  /** Preference as a victim of the OOM killer, −1000 to 1000 (oom_score_adj); below the inherited one needs root. */
  readonly oomScore?: number | undefined;
  /** Share of the disk under contention, 1 to 100; 100 is the default share. */
  readonly ioWeight?: number | undefined;
  /** The same in the kernel's whole range, 1 to 10 000. */
  readonly ioWeightRaw?: number | undefined;
  readonly ioMax?: readonly IoMaxOption[] | undefined;
  readonly ioLatency?: readonly IoLatencyOption[] | undefined;
  /** IO priority; the level, 0 (first) to 7 (last), is 4 when left out and means nothing for `none` and `idle`. */
  readonly ionice?: IoPriority["class"] | { readonly class: IoPriority["class"]; readonly level?: number } | undefined;
  /** Most processes and threads at once, 1 to 4 194 304, or `"max"`. */
  readonly pidsMax?: number | "max" | undefined;
  /** CPU priority, −20 to 19; beside a quota it becomes the group's weight. Below the inherited one needs root. */
  readonly nice?: number | undefined;
  /** Scheduling policy (sched(7)); `fifo` and `rr` need a priority of 1 to 99, the others take none. */
  readonly sched?:
    | "other"
    | "batch"
    | "idle"
    | { readonly policy: SchedPolicy["policy"]; readonly priority?: number }
    | undefined;
  /** CPUs by sched_setaffinity(2), which the workload may widen again. */
  readonly affinity?: ListOption | undefined;
  /** Limits of setrlimit(2) by resource; one value sets the soft and the hard limit. */
  readonly rlimit?:
    | {
        readonly [K in RlimitName]?: RlimitOption | { readonly soft: RlimitOption; readonly hard: RlimitOption };
      }
    | undefined;
}

/** What a value is, in few and safe words. */
function describe(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return "a list";
  return (typeof value === "object" && value !== null) || typeof value === "function" ? "an object" : String(value);
}

const expected = (what: string, value: unknown): RangeError =>
  new RangeError(`expects ${what}, not ${describe(value)}`);

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function fieldsOf(value: unknown, what: string, allowed: readonly string[]): Fields {
  if (!isFields(value)) throw expected(what, value);
  const foreign = Object.keys(value).find((key) => !allowed.includes(key));
  if (foreign !== undefined) throw new RangeError(`has no field ${quote(foreign)}; it knows ${allowed.join(", ")}`);
  return value;
}

const number = (value: unknown): string => {
  if (typeof value !== "number") throw expected("a number", value);
  return String(value);
};
const numberOrMax = (value: unknown): string => (value === "max" ? value : number(value));
const word = (value: unknown): string => {
  if (typeof value !== "string") throw expected("a text", value);
  return value;
};
const onOff = (value: unknown): boolean => {
  if (typeof value !== "boolean") throw expected("true or false", value);
  return value;
};
/** The text's own unit, or that of a bare number. */
const withUnit =
  (unit: string) =>
  (value: unknown): string => {
    if (typeof value !== "number" && typeof value !== "string") throw expected("a number or a text with a unit", value);
    return typeof value === "number" ? `${value}${unit}` : value;
  };
const size = withUnit("B");
const duration = withUnit("ms");
/** A memory size that the flag would count in MiB when it has no unit. */
const memoryLimit = (value: unknown): string => {
  if (typeof value === "string" && /^\s*[\d.]+\s*$/.test(value)) {
    throw new RangeError(
      `needs a unit, such as ${value.trim()}M, or a number of bytes instead of the text ${quote(value)}`,
    );
  }
  return size(value);
};
const list = (value: unknown): string => (Array.isArray(value) ? value.map(number).join(",") : word(value));
const each =
  (one: (value: unknown) => string) =>
  (value: unknown): string[] => {
    if (!Array.isArray(value)) throw expected("a list", value);
    return value.map(one);
  };

function cpuMax(value: unknown): string {
  if (value === "max") return value;
  const { quotaUs, periodUs = 100_000 } = fieldsOf(value, "quotaUs and periodUs, or max", ["quotaUs", "periodUs"]);
  return `${numberOrMax(quotaUs)} ${number(periodUs)}`;
}

/** A path may hold what separates the words of a text; its disk's number does not. */
const disk = (value: unknown): string => {
  const name = word(value);
  if (/[\s,]/.test(name)) throw new RangeError(`cannot take a path with spaces or commas, ${quote(name)}; use MAJ:MIN`);
  return name;
};

function ioMax(value: unknown): string {
  const words = {
    readBytesPerSec: ["rbps", size],
    writeBytesPerSec: ["wbps", size],
    readOpsPerSec: ["riops", numberOrMax],
    writeOpsPerSec: ["wiops", numberOrMax],
  } as const;
  const fields = fieldsOf(value, "a disk and its limits", ["disk", ...Object.keys(words)]);
  const given = Object.entries(words).filter(([field]) => fields[field] !== undefined);
  return [disk(fields["disk"]), ...given.map(([field, [key, text]]) => `${key}=${text(fields[field])}`)].join(" ");
}

function ioLatency(value: unknown): string {
  const fields = fieldsOf(value, "a disk and a target", ["disk", "target"]);
  return `${disk(fields["disk"])} ${duration(fields["target"])}`;
}

/** A word, or a word and a number that belongs to it. */
const wordAndNumber =
  (name: string, extra: string) =>
  (value: unknown): string => {
    if (typeof value === "string") return value;
    const fields = fieldsOf(value, `a text, or ${name} and ${extra}`, [name, extra]);
    const first = word(fields[name]);
    return fields[extra] === undefined ? first : `${first}:${number(fields[extra])}`;
  };

function rlimits(value: unknown): string[] {
  const text = (one: unknown): string => (typeof one === "number" ? number(one) : word(one));
  if (!isFields(value)) throw expected("limits by resource", value);
  return Object.entries(value)
    .filter(([, one]) => one !== undefined)
    .map(([resource, one]) => {
      if (!isFields(one)) return `${resource}=${text(one)}`;
      const { soft, hard } = fieldsOf(one, "soft and hard", ["soft", "hard"]);
      return `${resource}=${text(soft)}:${text(hard)}`;
    });
}

/** How each option is written as its setting. */
const toTexts: { readonly [K in keyof LimitOptions]-?: (value: unknown) => string | boolean | string[] } = {
  cpuQuota: numberOrMax,
  cpuWeight: number,
  cpuMax,
  cpuBurst: duration,
  cpuIdle: onOff,
  cpuset: list,
  cpusetMems: list,
  cpusetPartition: word,
  memoryLimit,
  memoryHigh: size,
  memoryLow: size,
  memoryMin: size,
  swapMax: size,
  zswapMax: size,
  oomGroup: onOff,
  oomScore: number,
  ioWeight: number,
  ioWeightRaw: number,
  ioMax: each(ioMax),
  ioLatency: each(ioLatency),
  ionice: wordAndNumber("class", "level"),
  pidsMax: numberOrMax,
  nice: number,
  sched: wordAndNumber("policy", "priority"),
  affinity: list,
  rlimit: rlimits,
};

/** `cpuQuota` is the setting `cpu-quota`. */
const settingOf = (option: string): SettingName =>
  option.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`) as SettingName;
const optionOf = (setting: SettingName): string => setting.replace(/-(.)/g, (_, c: string) => c.toUpperCase());

/** The options of the library as a source: `limits.cpuQuota`, and a USAGE error that is thrown. */
export const libraryOptions: SettingsSource = refusing("USAGE", (setting) => `limits.${optionOf(setting)}`);

/**
 * The options of the library as settings, not yet judged; parseSettings does that.
 * @throws CorralError USAGE when there is no such option, or its value has another type than it takes
 */
export function limitSettingsFromOptions(options: LimitOptions): RawSettings {
  const settings: Record<string, string | boolean | string[]> = {};
  for (const [option, value] of Object.entries(options)) {
    if (value === undefined) continue;
    const object = `limits.${option}`;
    if (!Object.hasOwn(toTexts, option)) {
      throw new CorralError("USAGE", `there is no option ${object}`, {
        object,
        fix: `the options are ${Object.keys(toTexts).join(", ")}`,
      });
    }
    try {
      settings[settingOf(option)] = toTexts[option as keyof LimitOptions](value);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw new CorralError("USAGE", `${object} ${cause.message}`, { object, cause });
    }
  }
  return settings;
}
