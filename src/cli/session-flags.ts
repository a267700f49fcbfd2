import type { FlagTable } from "./flag-definition.ts";
import { limitFlags } from "./limit-flags.ts";

/** The limits that a session can have as a whole: those of its group. */
const {
  "oom-score": _1,
  ionice: _2,
  nice: _3,
  sched: _4,
  affinity: _5,
  rlimit: _6,
  "cpuset-partition": _7,
  ...groupLimits
} = limitFlags;

const socket = {
  group: "Guard",
  common: true,
  value: "PATH",
  brief: "the guard's socket (/run/corral-guard/guard.sock)",
} as const;
const json = { group: "Output", common: true, brief: "the same as one JSON document" } as const;

const sessionClass = {
  group: "Session",
  common: true,
  value: "CLASS",
  choices: ["high", "normal", "low", "besteffort"],
  brief: "high, normal, low or besteffort",
} as const;

export const sessionListFlags = { socket, json } as const satisfies FlagTable;

const ttl = {
  group: "Session",
  common: true,
  value: "DURATION",
  brief: "remove it with its processes when unchanged for so long; or never",
} as const;

export const sessionUpdateFlags = {
  class: sessionClass,
  ttl,
  socket,
  json,
  ...groupLimits,
} as const satisfies FlagTable;

export const sessionCreateFlags = {
  ...sessionUpdateFlags,
  owner: { group: "Session", common: true, value: "USER", brief: "its tenant; for root to give (who asks)" },
} as const satisfies FlagTable;

export const sessionFreezeFlags = {
  most: {
    group: "Session",
    common: true,
    value: "DURATION",
    brief: "let them go on after this (the guard's freeze_most)",
  },
  socket,
  json,
} as const satisfies FlagTable;

export const sessionRemoveFlags = {
  kill: { group: "Session", common: true, brief: "end its processes; without it they are in the way" },
  socket,
} as const satisfies FlagTable;

export const sessionTokenFlags = {
  revoke: { group: "Session", common: true, brief: "make the present one worthless, and no other" },
  socket,
  json,
} as const satisfies FlagTable;

export const sessionAdoptFlags = {
  pid: { group: "Session", common: true, value: "PID", brief: "this process with its descendants" },
  unit: { group: "Session", common: true, value: "NAME", brief: "all of this systemd service or scope" },
  container: {
    group: "Session",
    common: true,
    value: "ID",
    brief: "all of this container, by 12 digits of its id or more",
  },
  socket,
  json,
} as const satisfies FlagTable;
