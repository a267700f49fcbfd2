import type { FeedOrigin } from "../feed-item.ts";

/** What every line begins with, as the original monitor's lines do; texts are untrusted bytes (kernel/byte-text.ts). */
interface LineBase<Event extends string> {
  /** CLOCK_MONOTONIC in nanoseconds: when it happened. */
  readonly timestamp: bigint;
  readonly event: Event;
}

/** Of which process a line tells; null where that was not told. */
export interface Whose {
  readonly uid: number | null;
  /** Path of its cgroup v2 group. */
  readonly cgroup: string | null;
  readonly cgroup_id: bigint | null;
  /** With the pid the identity of the process, in clock ticks after boot. */
  readonly start_ticks: number | null;
}

interface LifeBase<Event extends string> extends LineBase<Event> {
  readonly comm: string | null;
  readonly pid: number;
  readonly ppid: number | null;
}

interface LifeDetails extends Whose {
  /** 1 for the first program of a process, one more for each further one. */
  readonly generation: number;
  /** The event itself was lost; a scan of /proc found its effect. */
  readonly reconciled: boolean;
}

export interface ForkLine extends LifeBase<"FORK">, LifeDetails {}

export interface ExecLine extends LifeBase<"EXEC">, LifeDetails {
  /** As it was given to execve(2); of a source that does not tell, as `exe`. */
  readonly filename: string | null;
  readonly full_command: string | null;
  readonly argv: readonly string[] | null;
  readonly argv_truncated: boolean;
  /** The file that runs, of a script its interpreter; null when it was not told and the process is gone. */
  readonly exe: string | null;
}

/** How many files a process opened beyond what it may per second, since the last line that told it. */
interface Limited {
  readonly rate_limit_warning: string;
  readonly dropped: number;
}

export interface ExitLine extends LifeBase<"EXIT">, LifeDetails, Partial<Limited> {
  /** Null when a signal ended it or nobody told. */
  readonly exit_code: number | null;
  /** Whole milliseconds from the last exec; left out where that was not told, or is less than one. */
  readonly duration_ms?: number;
  readonly exit_signal: string | null;
  readonly core_dumped: boolean | null;
  readonly since_fork_ns: bigint | null;
  readonly since_exec_ns: bigint | null;
}

/** What is told once, and then as a count. */
export interface FoldedLine {
  /** 1: it happened now. More: how often in the window that is over. */
  readonly count: number;
  /** The window is over. */
  readonly window_expired?: true;
  /** Why the count is told before the window is over. */
  readonly reason?: "process_exit" | "table_full" | "shutdown";
}

export interface FileOpenLine extends LineBase<"FILE_OPEN">, Whose, FoldedLine, Partial<Limited> {
  readonly comm: string;
  readonly pid: number;
  readonly filepath: string;
  readonly flags: number;
  /** Of the first time: the descriptor, or a negative errno; null when the call was seen to begin but not to end. */
  readonly result: number | null;
}

export interface ReadlineLine extends LineBase<"BASH_READLINE">, Whose, FoldedLine, Partial<Limited> {
  readonly comm: string;
  readonly pid: number;
  readonly command: string;
  readonly truncated: boolean;
}

/** Opens that were dropped, where no other line of the process follows. */
export interface RateLimitLine extends LineBase<"RATE_LIMIT">, Limited {
  /** Null for all processes for which there was no room in the table. */
  readonly comm: string | null;
  readonly pid: number | null;
}

export interface LostLine extends LineBase<"LOST"> {
  readonly count: number;
  readonly kernel_buffer: number;
  readonly never_sent: number;
  readonly queue: number;
  readonly traces: number;
}

/** The first line: where the rest comes from, and what its times mean. */
export interface StartLine extends LineBase<"START"> {
  readonly schema: "corral.events/1";
  readonly source: FeedOrigin["source"];
  /** Milliseconds between two looks at /proc; null for a source that the kernel wakes. */
  readonly poll_interval_ms: number | null;
  readonly refused: FeedOrigin["refused"];
  readonly unmet: FeedOrigin["unmet"];
  readonly host: string;
  readonly boot_id: string;
  /** The same moment on two clocks. */
  readonly clock: { readonly mono_ns: bigint; readonly wall_time: string };
}

/** One thing that `corral events` tells. */
export type MonitorLine = ForkLine | ExecLine | ExitLine | FileOpenLine | ReadlineLine | RateLimitLine | LostLine;

export type Emit = (line: MonitorLine) => void;

/** What becomes of a line in JSON: numbers are numbers, however large. */
type InJson<T> = T extends bigint
  ? number
  : T extends readonly (infer E)[]
    ? readonly InJson<E>[]
    : T extends object
      ? { readonly [K in keyof T]: InJson<T[K]> }
      : T;

/** The bytes, in base64, of members that are no valid UTF-8 and therefore not exact. */
export type LineInJson<T> = T extends unknown
  ? InJson<T> & { readonly bytes?: Readonly<Record<string, string | readonly string[]>> }
  : never;

/** One line of `corral events --json`. */
export type EventsDocument = LineInJson<StartLine | MonitorLine>;
