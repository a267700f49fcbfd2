import type { Limits } from "../cgroup/index.ts";
import { CorralError, intents, quote } from "../report/index.ts";
import type { ProcessAttributes, RunSpec } from "../run/index.ts";
import { checkJobId, noAttributes } from "../run/index.ts";
import {
  cpuMaxPair,
  cpuQuotaUs,
  durationMs,
  flagValue,
  ioLatencySpec,
  ioMaxSpec,
  ioPriority,
  kernelList,
  memoryInMib,
  memorySize,
  nameAndValue,
  oneOf,
  rlimitSpec,
  schedPolicy,
  sizeWithUnit,
  wholeNumber,
} from "./flag-values.ts";
import type { RawRunFlags, RunFlagName } from "./run-flags.ts";
import { groupsOf, lookUpGroup, lookUpUser } from "./user-lookup.ts";

/** The presets: starting values that explicit flags override. */
export const presets = {
  default: {},
  low: { "cpu-weight": "50", nice: "10" },
  high: { "cpu-weight": "200", nice: "-5" },
  memory: { "memory-limit": "2048", "oom-score": "500" },
  balanced: { "cpu-quota": "400", "memory-limit": "4096" },
} as const satisfies Readonly<Record<string, RawRunFlags>>;

/** Flags that exclude each other, because they set one thing. */
const conflicts: readonly (readonly [RunFlagName, RunFlagName])[] = [
  ["cpu-quota", "cpu-max"],
  ["memory-limit", "memory-max"],
  ["io-weight", "io-weight-raw"],
  ["cpu-idle", "cpu-weight"],
];

/** Flags that mean nothing without a group, even when no limit needs one. */
const accountingFlags: readonly RunFlagName[] = ["json", "report", "timeout", "cgroup-parent"];

type Single = { [K in RunFlagName]: RawRunFlags[K] extends string | undefined ? K : never }[RunFlagName];

/** Parses one single-valued flag, or undefined when it was not given. */
type Reader = <T>(flag: Single, parse: (text: string) => T) => T | undefined;

const defined = <T extends object>(value: T): T =>
  Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as T;

type Loose<T> = { readonly [K in keyof T]?: T[K] | undefined };

function withPreset(flags: RawRunFlags): RawRunFlags {
  if (flags.preset === undefined) return flags;
  const name = flagValue("preset", flags.preset, oneOf(Object.keys(presets) as (keyof typeof presets)[]));
  const given = new Set<string>(Object.keys(flags));
  const replaced = conflicts.flatMap(([a, b]) => (given.has(b) ? [a] : given.has(a) ? [b] : []));
  const kept = Object.entries(presets[name]).filter(([flag]) => !replaced.includes(flag as RunFlagName));
  return { ...Object.fromEntries(kept), ...flags };
}

function refuseConflicts(flags: RawRunFlags): void {
  for (const [a, b] of conflicts) {
    if (flags[a] === undefined || flags[b] === undefined) continue;
    throw new CorralError("USAGE", `--${a} and --${b} set the same thing`, {
      object: `--${b}`,
      fix: "give one of them",
    });
  }
}

function readLimits(read: Reader, flags: RawRunFlags): Limits {
  const quotaUs = read("cpu-quota", cpuQuotaUs);
  const limits: Loose<Limits> = {
    cpuMax: quotaUs === undefined ? read("cpu-max", cpuMaxPair) : { quotaUs, periodUs: 100_000 },
    cpuBurstUs: read("cpu-burst", (text) => Math.round(durationMs(text) * 1000)),
    cpuWeight: read("cpu-weight", wholeNumber(1, 10_000)),
    cpuIdle: flags["cpu-idle"],
    cpusetCpus: read("cpuset", kernelList),
    cpusetMems: read("cpuset-mems", kernelList),
    cpusetPartition: read("cpuset-partition", oneOf(["member", "root", "isolated"])),
    memoryMin: read("memory-min", sizeWithUnit),
    memoryLow: read("memory-low", sizeWithUnit),
    memoryHigh: read("memory-high", sizeWithUnit),
    memoryMax: read("memory-limit", memoryInMib) ?? read("memory-max", memorySize(1)),
    swapMax: read("swap-max", sizeWithUnit),
    zswapMax: read("zswap-max", sizeWithUnit),
    oomGroup: flags["oom-group"],
    ioWeight: read("io-weight", wholeNumber(1, 100)) ?? read("io-weight-raw", wholeNumber(1, 10_000)),
    ioMax: flags["io-max"]?.map((text) => flagValue("io-max", text, ioMaxSpec)),
    ioLatency: flags["io-latency"]?.map((text) => flagValue("io-latency", text, ioLatencySpec)),
    pidsMax: read("pids-max", (text) => (text === "max" ? "max" : wholeNumber(1, 4_194_304)(text))),
  };
  checkTogether(limits);
  return defined(limits) as Limits;
}

/** Rules between limits that no single flag can break. */
function checkTogether({ cpuMax, cpuBurstUs, cpusetPartition, cpusetCpus, memoryMax, ...memory }: Loose<Limits>): void {
  const refuse = (message: string, object: string, fix: string): never => {
    throw new CorralError("USAGE", message, { object, fix });
  };
  if (cpuBurstUs !== undefined) {
    if (cpuMax === undefined || cpuMax.quotaUs === "max")
      refuse("--cpu-burst needs a quota", "--cpu-burst", "add --cpu-quota");
    else if (cpuBurstUs > cpuMax.quotaUs)
      refuse("--cpu-burst is larger than the quota", "--cpu-burst", `use at most ${cpuMax.quotaUs}us`);
  }
  if (cpusetPartition !== undefined && cpusetPartition !== "member" && cpusetCpus === undefined) {
    refuse("--cpuset-partition needs CPUs of its own", "--cpuset-partition", "add --cpuset");
  }
  for (const [flag, value] of [
    ["memory-min", memory.memoryMin],
    ["memory-low", memory.memoryLow],
    ["memory-high", memory.memoryHigh],
  ] as const) {
    if (typeof value === "number" && typeof memoryMax === "number" && value > memoryMax) {
      refuse(`--${flag} is above the memory limit`, `--${flag}`, "lower it or raise --memory-limit");
    }
  }
}

function readAttributes(read: Reader, flags: RawRunFlags): ProcessAttributes {
  const user = read("user", lookUpUser);
  const gid = read("group", lookUpGroup) ?? user?.gid;
  return {
    ...noAttributes,
    nice: read("nice", wholeNumber(-20, 19)) ?? null,
    oomScore: read("oom-score", wholeNumber(-1000, 1000)) ?? null,
    ioPriority: read("ionice", ioPriority) ?? null,
    sched: read("sched", schedPolicy) ?? null,
    affinity: read("affinity", kernelList) ?? null,
    rlimits: (flags.rlimit ?? []).map((text) => flagValue("rlimit", text, rlimitSpec)),
    workdir: flags.workdir ?? null,
    uid: user?.uid ?? null,
    gid: gid ?? null,
    groups: user === undefined || gid === undefined ? null : groupsOf(user, gid),
  };
}

/** The workload's environment: Corral's own, with the changes of --env. */
function readEnvironment(flags: RawRunFlags, base: NodeJS.ProcessEnv): Record<string, string> {
  const { CORRAL_SAVED_NODE_EXTRA_CA_CERTS: saved, ...rest } = base;
  const env = { ...rest, ...(saved === undefined ? {} : { NODE_EXTRA_CA_CERTS: saved }) } as Record<string, string>;
  for (const text of flags.env ?? []) {
    const [name, value] = flagValue("env", text, nameAndValue);
    if (value === null) delete env[name];
    else env[name] = value;
  }
  return env;
}

/** An empty value is a variable that was not set, and must not count as "not given". */
function notEmpty(flag: RunFlagName, value: string | undefined): string | undefined {
  if (value === "") throw new CorralError("USAGE", `--${flag} must not be empty`, { object: `--${flag}` });
  return value;
}

function readTags(flags: RawRunFlags): Record<string, string> {
  return Object.fromEntries(
    (flags.tag ?? []).map((text) => {
      const [key, value] = flagValue("tag", text, nameAndValue);
      if (value === null)
        throw new CorralError("USAGE", `--tag expects KEY=VALUE, not ${quote(text)}`, { object: "--tag", found: text });
      return [key, value] as const;
    }),
  );
}

/**
 * Judges the flags of `corral run` and resolves them to a spec. Nothing is started or created.
 * @throws CorralError USAGE with the flag and the rule
 */
export function toRunSpec(given: RawRunFlags, command: readonly string[], environment: NodeJS.ProcessEnv): RunSpec {
  if (command.length === 0 || command[0] === "") {
    throw new CorralError("USAGE", "no command was given", { fix: "write it after --, as in: corral run -- make -j4" });
  }
  refuseConflicts(given);
  const flags = withPreset(given);
  const read: Reader = (flag, parse) => {
    const text = flags[flag];
    return text === undefined ? undefined : flagValue(flag, text, parse);
  };
  return {
    command,
    jobId: flags["job-id"] === undefined ? null : checkJobId(flags["job-id"]),
    limits: readLimits(read, flags),
    attributes: readAttributes(read, flags),
    env: readEnvironment(flags, environment),
    stdio: flags.json === true ? [0, 2, 2] : [0, 1, 2],
    timeoutMs: read("timeout", durationMs) ?? null,
    killAfterMs: read("kill-after", durationMs) ?? 10_000,
    lifetime: read("lifetime", oneOf(["detach", "tied"])) ?? "detach",
    processGroup: "own",
    strict: flags.strict === true,
    slaEligible: flags["sla-eligible"] === true,
    intent: read("intent", oneOf(intents)) ?? null,
    tags: readTags(flags),
    cgroupParent: notEmpty("cgroup-parent", flags["cgroup-parent"]) ?? (environment["CORRAL_CGROUP_PARENT"] || null),
    scope: read("scope", oneOf(["auto", "cgroupfs", "systemd"])) ?? "auto",
    account:
      accountingFlags.some((flag) => flags[flag] !== undefined) ||
      flags.lifetime === "tied" ||
      flags.scope === "systemd",
  };
}
