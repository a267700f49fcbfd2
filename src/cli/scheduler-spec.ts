import { existsSync } from "node:fs";
import type { CpuBoost, SchedulerOptions } from "../cgroup/cpu/index.ts";
import { defaultSchedulerOptions, parseBoost } from "../cgroup/cpu/index.ts";
import { CorralError, parseDurationMs, parseNumberIn, quote } from "../report/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue, nameAndValue } from "./flag-values.ts";
import type { schedulerFlags } from "./scheduler-flags.ts";

export type SchedulerFlags = RawFlags<typeof schedulerFlags>;

/** What `corral scheduler` is asked to do. */
export interface SchedulerSpec {
  readonly options: SchedulerOptions;
  /** Directories. */
  readonly groups: readonly string[];
  readonly boosts: readonly { readonly group: string; readonly boost: CpuBoost }[];
  readonly durationMs: number | null;
  readonly json: boolean;
  readonly verbose: boolean;
}

const mount = "/sys/fs/cgroup";

/** A directory of the mount, or a path below it. */
function toGroup(text: string): string {
  const directory = text === mount || text.startsWith(`${mount}/`) ? text : `${mount}/${text.replace(/^\/+/, "")}`;
  return directory.replace(/\/+$/, "");
}

function toBoost(text: string): { group: string; boost: CpuBoost } {
  const [path, value] = nameAndValue(text);
  if (value === null) throw new RangeError(`expects PATH=BUDGET/PERIOD, such as build=10ms/100ms, not ${quote(text)}`);
  return { group: toGroup(path), boost: parseBoost(value) };
}

const durationIn = (least: number, most: number, words: string) => (text: string) => {
  const ms = parseDurationMs(text);
  if (ms < least || ms > most) throw new RangeError(`expects ${words}, not ${quote(text)}`);
  return Math.round(ms);
};

const orDefault = <T>(flag: string, text: string | undefined, parse: (text: string) => T, otherwise: T): T =>
  text === undefined ? otherwise : flagValue(flag, text, parse);

/** @throws CorralError USAGE */
export function toSchedulerSpec(flags: SchedulerFlags): SchedulerSpec {
  const defaults = defaultSchedulerOptions;
  return {
    options: {
      ...defaults,
      sliceUs: orDefault(
        "slice",
        flags.slice,
        (text) => parseNumberIn(text, 100, 1_000_000, { integer: true }),
        defaults.sliceUs,
      ),
      fifo: flags.fifo === true,
      full: flags.full === true,
      intervalMs: orDefault(
        "interval",
        flags.interval,
        (text) => (text === "0" ? 0 : durationIn(10, 3_600_000, "10ms to 1h, or 0")(text)),
        2000,
      ),
      timeoutMs: orDefault("watchdog", flags.watchdog, durationIn(1000, 30_000, "1s to 30s"), defaults.timeoutMs),
      stall: flags.stall === true,
    },
    groups: (flags.group ?? []).map(toGroup),
    boosts: (flags.boost ?? []).map((text) => flagValue("boost", text, toBoost)),
    durationMs: orDefault<number | null>("duration", flags.duration, durationIn(1, 1e12, "more than 0"), null),
    json: flags.json === true,
    verbose: flags.verbose === true,
  };
}

/** @throws CorralError USAGE for a group that is not there */
export function refuseAbsentGroups({ groups, boosts }: SchedulerSpec): void {
  for (const [flag, group] of [...groups.map((one) => ["group", one]), ...boosts.map((one) => ["boost", one.group])])
    if (!existsSync(`${group}/cgroup.procs`))
      throw new CorralError("USAGE", `--${flag} names no cgroup v2 group: ${quote(group ?? "")}`, {
        object: `--${flag}`,
        found: group ?? "",
        fix: "give its directory, or its path below /sys/fs/cgroup",
      });
}
