import * as v from "valibot";
import { signalNumber } from "../../kernel/index.ts";
import { section, text, truth, wholeNumber } from "../../report/config/index.ts";
import { judgeRequest } from "../model/index.ts";
import { isPlainExit, isPlainRequest, isPlainStarted } from "./plain-shapes.ts";

/** What a client asks for. */
export interface JobRequest {
  readonly words: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

/** The process that waits, and what its launcher wrote so far (native/BOUNDARY.md). */
export interface JobHeld {
  readonly pid: number;
  readonly status: string;
}

/** A process that executes its command by now, or cannot. */
export interface JobStarted extends JobHeld {
  /** It went on by itself, its record written; null: it had waited for the word. */
  readonly released: {
    /** When it was made, in clock ticks since boot (proc_pid_stat(5)). */
    readonly start_ticks: number;
    /** CLOCK_MONOTONIC when it was let go on, in nanoseconds. */
    readonly at_ns: string;
  } | null;
}

/** How the workload ended, as its parent was told (wait4(2)). One of the first two is null. */
export interface JobExit {
  readonly exit_code: number | null;
  /** Number of a signal. */
  readonly exit_signal: number | null;
  readonly core_dumped: boolean;
  readonly user_us: number;
  readonly sys_us: number;
  readonly max_rss_bytes: number;
  readonly minor_faults: number;
  readonly major_faults: number;
  readonly in_blocks: number;
  readonly out_blocks: number;
  readonly voluntary_switches: number;
  readonly involuntary_switches: number;
  /** CLOCK_MONOTONIC then, in nanoseconds. */
  readonly at_ns: string;
}

const count = wholeNumber("a number", 0, Number.MAX_SAFE_INTEGER);
const moment = v.pipe(text, v.regex(/^\d{1,19}$/, "is not a moment"));
const requestSchema = section({ words: v.array(text), environment: v.record(v.string(), text) });
const heldSchema = section({ pid: wholeNumber("a process id", 1, 4_194_304), status: text });
const startedSchema = section({
  pid: wholeNumber("a process id", 1, 4_194_304),
  status: text,
  released: v.nullable(section({ start_ticks: count, at_ns: moment })),
});
const exitSchema = section({
  exit_code: v.nullable(wholeNumber("an exit code", 0, 255)),
  exit_signal: v.nullable(wholeNumber("a signal", 1, 64)),
  core_dumped: truth,
  user_us: count,
  sys_us: count,
  max_rss_bytes: count,
  minor_faults: count,
  major_faults: count,
  in_blocks: count,
  out_blocks: count,
  voluntary_switches: count,
  involuntary_switches: count,
  at_ns: moment,
});
const leavingSchema = section({
  signal: v.pipe(
    text,
    v.check((name) => signalNumber(name) !== null, "is not the name of a signal"),
  ),
});

/** @throws CorralError USAGE, as all of these */
export const toJobRequest = (body: unknown): JobRequest =>
  isPlainRequest(body) ? body : (judgeRequest(requestSchema, body) as JobRequest);
export const toJobHeld = (body: unknown): JobHeld => judgeRequest(heldSchema, body) as JobHeld;
export const toJobStarted = (body: unknown): JobStarted =>
  isPlainStarted(body) ? body : (judgeRequest(startedSchema, body) as JobStarted);
export const toJobExit = (body: unknown): JobExit =>
  isPlainExit(body) ? body : (judgeRequest(exitSchema, body) as JobExit);
/** The signal because of which the client leaves. */
export const toJobLeaving = (body: unknown): { readonly signal: NodeJS.Signals } =>
  judgeRequest(leavingSchema, body) as { readonly signal: NodeJS.Signals };
