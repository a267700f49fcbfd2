import type { Limits } from "../../cgroup/index.ts";
import type { ErrorDetails } from "../../report/index.ts";
import { noAttributes } from "../spec.ts";
import { ioPriority, rlimitSpec, schedPolicy } from "./attribute-values.ts";
import { ioLatencySpec, ioMaxSpec } from "./io-values.ts";
import { conflicts, isSet } from "./overlay.ts";
import type { SettingsSource } from "./source.ts";
import {
  cpuMaxPair,
  cpuQuota,
  durationUs,
  kernelList,
  memoryInMib,
  memorySize,
  oneOf,
  sizeWithUnit,
  wholeNumber,
  wholeNumberOrMax,
} from "./values.ts";
import type { RawSettings, SettingName, Settings, TextSetting } from "./vocabulary.ts";

/** What each text means. */
const parsers = {
  "cpu-quota": cpuQuota,
  "cpu-max": cpuMaxPair,
  "cpu-burst": durationUs,
  "cpu-weight": wholeNumber(1, 10_000),
  cpuset: kernelList,
  "cpuset-mems": kernelList,
  "cpuset-partition": oneOf(["member", "root", "isolated"]),
  "memory-min": sizeWithUnit,
  "memory-low": sizeWithUnit,
  "memory-high": sizeWithUnit,
  "memory-limit": memoryInMib,
  "memory-max": memorySize(1),
  "swap-max": sizeWithUnit,
  "zswap-max": sizeWithUnit,
  "oom-score": wholeNumber(-1000, 1000),
  "io-weight": wholeNumber(1, 100),
  "io-weight-raw": wholeNumber(1, 10_000),
  "io-max": ioMaxSpec,
  "io-latency": ioLatencySpec,
  ionice: ioPriority,
  "pids-max": wholeNumberOrMax(1, 4_194_304),
  nice: wholeNumber(-20, 19),
  sched: schedPolicy,
  affinity: kernelList,
  rlimit: rlimitSpec,
} as const satisfies Readonly<Record<TextSetting, (text: string) => unknown>>;

type Parsed<K extends TextSetting> = ReturnType<(typeof parsers)[K]>;
type Loose<T> = { readonly [K in keyof T]?: T[K] | undefined };

const defined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;

/**
 * Reads one text of a setting.
 * @throws RangeError whose message completes "<setting> …"
 */
export const parseSetting = <K extends TextSetting>(setting: K, text: string): Parsed<K> =>
  parsers[setting](text) as Parsed<K>;

/** Settings of one source, and whether anything was wrong with them so far. */
class SettingsReader {
  readonly #raw: RawSettings;
  readonly #source: SettingsSource;
  sound = true;

  constructor(raw: RawSettings, source: SettingsSource) {
    this.#raw = raw;
    this.#source = source;
  }

  one<K extends TextSetting>(setting: K): Parsed<K> | undefined {
    const text = this.#raw[setting] as string | undefined;
    return text === undefined ? undefined : this.#parse(setting, text);
  }

  all<K extends TextSetting>(setting: K): readonly Parsed<K>[] | undefined {
    const texts = this.#raw[setting] as readonly string[] | undefined;
    return texts?.map((text) => this.#parse(setting, text)).filter((value) => value !== undefined);
  }

  #parse<K extends TextSetting>(setting: K, text: string): Parsed<K> | undefined {
    try {
      return parseSetting(setting, text);
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      this.refuse(setting, cause.message, { found: text, cause });
      return undefined;
    }
  }

  /** @param rule completes "<setting> …", or "<other> and <setting> …" */
  refuse(setting: SettingName, rule: string, details: ErrorDetails, other: SettingName | null = null): void {
    this.sound = false;
    const object = this.#source.name(setting);
    const subject = other === null ? object : `${this.#source.name(other)} and ${object}`;
    this.#source.refuse({ setting, message: `${subject} ${rule}`, details: { object, ...details } });
  }
}

/**
 * Judges settings and resolves them. Presets must have been laid under them already (overlaySettings).
 * @returns what they mean; without those that were refused, when the source does not throw
 */
export function parseSettings(raw: RawSettings, source: SettingsSource): Settings {
  const reader = new SettingsReader(raw, source);
  for (const [a, b] of conflicts) {
    if (isSet(raw, a) && isSet(raw, b)) reader.refuse(b, "set the same thing", { fix: "give one of them" }, a);
  }
  const limits = readLimits(reader, raw);
  // What was refused is missing, and would be missed.
  if (reader.sound)
    checkTogether(limits, reader, source, raw["memory-max"] === undefined ? "memory-limit" : "memory-max");
  return {
    limits: defined(limits) as Limits,
    attributes: {
      ...noAttributes,
      nice: reader.one("nice") ?? null,
      oomScore: reader.one("oom-score") ?? null,
      ioPriority: reader.one("ionice") ?? null,
      sched: reader.one("sched") ?? null,
      affinity: reader.one("affinity") ?? null,
      rlimits: reader.all("rlimit") ?? [],
    },
  };
}

const readLimits = (reader: SettingsReader, raw: RawSettings): Loose<Limits> => ({
  cpuMax: reader.one("cpu-quota") ?? reader.one("cpu-max"),
  cpuBurstUs: reader.one("cpu-burst"),
  cpuWeight: reader.one("cpu-weight"),
  cpuIdle: raw["cpu-idle"],
  cpusetCpus: reader.one("cpuset"),
  cpusetMems: reader.one("cpuset-mems"),
  cpusetPartition: reader.one("cpuset-partition"),
  memoryMin: reader.one("memory-min"),
  memoryLow: reader.one("memory-low"),
  memoryHigh: reader.one("memory-high"),
  memoryMax: reader.one("memory-limit") ?? reader.one("memory-max"),
  swapMax: reader.one("swap-max"),
  zswapMax: reader.one("zswap-max"),
  oomGroup: raw["oom-group"],
  ioWeight: reader.one("io-weight") ?? reader.one("io-weight-raw"),
  ioMax: reader.all("io-max"),
  ioLatency: reader.all("io-latency"),
  pidsMax: reader.one("pids-max"),
});

/** Rules between limits that no single setting can break. @param memoryCap what the memory limit was written as */
function checkTogether(
  limits: Loose<Limits>,
  reader: SettingsReader,
  { name }: SettingsSource,
  memoryCap: "memory-limit" | "memory-max",
): void {
  const { cpuMax, cpuBurstUs, cpusetPartition, cpusetCpus, memoryMax } = limits;
  if (cpuBurstUs !== undefined) {
    if (cpuMax === undefined || cpuMax.quotaUs === "max")
      reader.refuse("cpu-burst", "needs a quota", { fix: `add ${name("cpu-quota")}` });
    else if (cpuBurstUs > cpuMax.quotaUs)
      reader.refuse("cpu-burst", "is larger than the quota", { fix: `use at most ${cpuMax.quotaUs}us` });
  }
  if (cpusetPartition !== undefined && cpusetPartition !== "member" && cpusetCpus === undefined) {
    reader.refuse("cpuset-partition", "needs CPUs of its own", { fix: `add ${name("cpuset")}` });
  }
  for (const [setting, value] of [
    ["memory-min", limits.memoryMin],
    ["memory-low", limits.memoryLow],
    ["memory-high", limits.memoryHigh],
  ] as const) {
    if (typeof value === "number" && typeof memoryMax === "number" && value > memoryMax) {
      reader.refuse(setting, "is above the memory limit", { fix: `lower it or raise ${name(memoryCap)}` });
    }
  }
}
