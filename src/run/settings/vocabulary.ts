import type { Limits } from "../../cgroup/index.ts";
import type { ProcessAttributes } from "../spec.ts";

/**
 * Every setting by its one name, which is its flag without the dashes, with the kind of value it is written as:
 * one text, a list of texts, or a switch.
 */
export const settingKinds = {
  "cpu-quota": "text",
  "cpu-weight": "text",
  "cpu-max": "text",
  "cpu-burst": "text",
  "cpu-idle": "switch",
  cpuset: "text",
  "cpuset-mems": "text",
  "cpuset-partition": "text",
  "memory-limit": "text",
  "memory-max": "text",
  "memory-high": "text",
  "memory-low": "text",
  "memory-min": "text",
  "swap-max": "text",
  "zswap-max": "text",
  "oom-group": "switch",
  "oom-score": "text",
  "io-weight": "text",
  "io-weight-raw": "text",
  "io-max": "list",
  "io-latency": "list",
  ionice: "text",
  "pids-max": "text",
  nice: "text",
  sched: "text",
  affinity: "text",
  rlimit: "list",
} as const;

type Kinds = typeof settingKinds;

export type SettingName = keyof Kinds;

/** The settings that have a text to parse: all but the switches. */
export type TextSetting = { [K in SettingName]: Kinds[K] extends "switch" ? never : K }[SettingName];

export const settingNames = Object.keys(settingKinds) as readonly SettingName[];

interface WrittenAs {
  readonly text: string;
  readonly list: readonly string[];
  readonly switch: boolean;
}

/** Settings as they were written, not yet judged. A switch that is false is a wish too: it overrides one that is true. */
export type RawSettings = { readonly [K in SettingName]?: WrittenAs[Kinds[K]] };

/** What settings mean: the group's part and the processes' part. `attributes` has no user, group or directory. */
export interface Settings {
  readonly limits: Limits;
  readonly attributes: ProcessAttributes;
}
