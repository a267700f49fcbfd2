import type { MonitorOptions, SourceName } from "../events/index.ts";
import { lookUpUser } from "../kernel/index.ts";
import type { Fits } from "../report/index.ts";
import { CorralError, parseDurationMs, parseNumberIn, pathGlob, quote, textGlob } from "../report/index.ts";
import type { eventsFlags } from "./events-flags.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";

export type EventsFlags = RawFlags<typeof eventsFlags>;

/** What `corral events` is asked to do. */
export interface EventsSpec {
  /** `cgroup` is as it was given. */
  readonly monitor: MonitorOptions;
  readonly source: "auto" | SourceName;
  readonly pollIntervalMs: number;
  readonly replay: string | null;
  readonly record: string | null;
  readonly durationMs: number | null;
  readonly count: number | null;
  readonly form: "json" | "table";
  readonly verbose: boolean;
}

const mostNames = 256;

const sources = {
  auto: "auto",
  bpf: "bpf",
  "proc-connector": "proc connector",
  "proc connector": "proc connector",
  polling: "polling",
} as const satisfies Readonly<Record<string, "auto" | SourceName>>;

function listOf(text: string): readonly string[] {
  const names = text.split(",").map((name) => name.trim());
  if (names.includes("")) throw new RangeError(`has an empty part: ${quote(text)}`);
  if (names.length > mostNames) throw new RangeError(`takes at most ${mostNames}, not ${names.length}`);
  return names;
}

const wholeIn = (min: number, max: number) => (text: string) => parseNumberIn(text, min, max, { integer: true });

const pidMost = 4_194_304;
const uidMost = 4_294_967_295;

/** As the original monitor's `-d`: a bare number is milliseconds. */
function minDurationMs(text: string): number {
  const ms = parseDurationMs(/^[\d.]+$/.test(text.trim()) ? `${text.trim()}ms` : text);
  if (ms === 0) throw new RangeError("must be more than 0; leave it out to tell all processes");
  return ms;
}

function pollInterval(text: string): number {
  const ms = parseDurationMs(text);
  if (ms < 10 || ms > 3_600_000) throw new RangeError(`expects 10ms to 1h, not ${quote(text)}`);
  return Math.round(ms);
}

function duration(text: string): number {
  const ms = parseDurationMs(text);
  if (ms === 0) throw new RangeError("must be more than 0");
  return ms;
}

function checkedGlob(compile: (pattern: string) => Fits): (pattern: string) => string {
  return (pattern) => {
    compile(pattern);
    return pattern;
  };
}

const modes: readonly string[] = ["0", "1", "2"];

function toMode(text: string): 0 | 1 | 2 {
  if (!modes.includes(text)) throw new RangeError(`expects 0, 1 or 2, not ${quote(text)}`);
  return Number(text) as 0 | 1 | 2;
}

/** Which of the flags that set the mode was given last; null when none was. */
function lastModeFlag(words: readonly string[]): string | null {
  const names = words.map((word) => /^--(mode|comm|pid|all)(?==|$)/.exec(word)?.[1] ?? null);
  return names.findLast((name) => name !== null) ?? null;
}

/** As getopt(3) leaves it: the last of --mode, --comm, --pid and --all decides. */
function modeOf(flags: EventsFlags, words: readonly string[]): 0 | 1 | 2 {
  const given = flags.mode === undefined ? null : flagValue("mode", flags.mode, toMode);
  const last = lastModeFlag(words);
  if (last === "all") return 0;
  if (last === "comm" || last === "pid") return 2;
  return given ?? 1;
}

const usage = (flag: string, message: string, fix: string): CorralError =>
  new CorralError("USAGE", `--${flag} ${message}`, { object: `--${flag}`, fix });

/** @throws CorralError USAGE for flags that say two things */
function checkTogether(flags: EventsFlags): void {
  const { replay, record, json, table } = flags;
  for (const flag of ["source", "poll-interval", "record"] as const)
    if (replay !== undefined && flags[flag] !== undefined)
      throw usage(flag, "does not go with --replay, which tells a recording", "leave one of them out");
  if (json === true && table === true) throw usage("table", "does not go with --json", "give one of them");
  for (const [flag, file] of [
    ["record", record],
    ["replay", replay],
  ] as const)
    if (file === "") throw usage(flag, "needs the name of a file", "give it one");
  if (flags["open-window"] !== undefined && flags.opens !== true)
    throw usage("open-window", "is about opened files", "add --opens");
  if (flags["trace-rate"] !== undefined && flags.opens !== true && flags.readline !== true)
    throw usage("trace-rate", "is about opened files and lines", "add --opens or --readline");
}

const nsOf = (ms: number): bigint => BigInt(Math.round(ms * 1e6));

function optional<T>(flags: EventsFlags, flag: StringFlag, parse: (text: string) => T): T | null {
  const text = flags[flag];
  return text === undefined ? null : flagValue(flag, text, parse);
}

type StringFlag = {
  [F in keyof EventsFlags]-?: NonNullable<EventsFlags[F]> extends string ? F : never;
}[keyof EventsFlags];

function toMonitor(flags: EventsFlags, words: readonly string[]): MonitorOptions {
  const comms = optional(flags, "comm", (text) => listOf(text).map(checkedGlob(textGlob)));
  const pids = optional(flags, "pid", (text) => listOf(text).map(wholeIn(1, pidMost)));
  const uids = optional(flags, "uid", (text) => listOf(text).map(wholeIn(0, uidMost))) ?? [];
  const users = optional(flags, "user", (text) => listOf(text).map((user) => lookUpUser(user).uid)) ?? [];
  const mode = modeOf(flags, words);
  if (mode === 2 && comms === null && pids === null)
    throw usage("mode", "2 tells only processes that are followed", "add --comm or --pid");
  return {
    mode,
    select: comms === null && pids === null ? null : { comms: comms ?? [], pids: pids ?? [] },
    uids: [...uids, ...users],
    exes: (flags.exe ?? []).map((glob) => flagValue("exe", glob, checkedGlob(pathGlob))),
    cgroup: flags.cgroup ?? null,
    minDurationNs: nsOf(optional(flags, "min-duration", minDurationMs) ?? 0),
    forks: flags.forks === true,
    opens: flags.opens === true,
    readline: flags.readline === true,
    openWindowNs: nsOf(optional(flags, "open-window", parseDurationMs) ?? 60_000),
    tracesPerSec: optional(flags, "trace-rate", wholeIn(0, 1_000_000)) ?? 30,
  };
}

function toSource(text: string): "auto" | SourceName {
  if (Object.hasOwn(sources, text)) return sources[text as keyof typeof sources];
  throw new RangeError(`expects auto, bpf, proc-connector or polling, not ${quote(text)}`);
}

/**
 * Reads the flags of `corral events`.
 * @param words the command line, for the order of its flags
 * @param isTerminal whether stdout is one
 * @throws CorralError USAGE
 */
export function toEventsSpec(flags: EventsFlags, words: readonly string[], isTerminal: boolean): EventsSpec {
  checkTogether(flags);
  const wantsTable = flags.table === true || (isTerminal && flags.json !== true);
  return {
    monitor: toMonitor(flags, words),
    source: optional(flags, "source", toSource) ?? "auto",
    pollIntervalMs: optional(flags, "poll-interval", pollInterval) ?? 1000,
    replay: flags.replay ?? null,
    record: flags.record ?? null,
    durationMs: optional(flags, "duration", duration),
    count: optional(flags, "count", wholeIn(1, 1e12)),
    form: wantsTable ? "table" : "json",
    verbose: flags.verbose === true,
  };
}
