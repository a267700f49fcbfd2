import type { FlagTable } from "./flag-definition.ts";

const json = (brief: string) => ({ group: "Output", common: true, brief }) as const;

export const psFlags = {
  all: { group: "Output", common: true, brief: "jobs that are over too, newest first, with their exit" },
  last: { group: "Output", common: true, value: "N", brief: "how many of those, 1 to 10000 (20); implies --all" },
  watch: { group: "Output", common: true, brief: "again every second, until it is ended" },
  json: json("the jobs as one JSON document"),
} as const satisfies FlagTable;

export const statusFlags = { json: json("the same as one JSON document") } as const satisfies FlagTable;

export const freezeFlags = {} as const satisfies FlagTable;

export const stopFlags = {
  grace: {
    group: "Time",
    common: true,
    value: "DURATION",
    brief: "time from TERM to the kill; default: the job's --kill-after",
  },
  json: json("the job's report to stdout"),
} as const satisfies FlagTable;

export const waitFlags = {
  timeout: { group: "Time", common: true, value: "DURATION", brief: "wait no longer than this; exit status 124" },
  json: json("the job's report to stdout; takes one job"),
} as const satisfies FlagTable;

export const detachFlags = {
  json: json("the report of an attach that is over by it, to stdout"),
} as const satisfies FlagTable;

export const gcFlags = {
  "results-older-than": {
    group: "What is cleared away",
    common: true,
    value: "DURATION",
    brief: "also results and output older than this, such as 30d (never)",
  },
  "dry-run": { group: "Output", common: true, brief: "tell what would be done, and do nothing" },
  json: json("the same as one JSON document"),
} as const satisfies FlagTable;

export const logsFlags = {
  stderr: { group: "Output", common: true, brief: "standard error instead of standard output" },
  follow: { group: "Output", common: true, brief: "go on until the job is over" },
} as const satisfies FlagTable;
