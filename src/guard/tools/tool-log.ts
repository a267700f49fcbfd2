import { closeSync, constants, fchmodSync, fstatSync, openSync, writeSync } from "node:fs";
import { errnoOf, quote } from "../../report/index.ts";
import type { ToolResult } from "../model/index.ts";

/** What the log has of a call besides its result. */
export interface LoggedCall {
  readonly pid: number;
  readonly group: string;
  readonly command: string | null;
  readonly hint: string | null;
  /** Memory in use when the command had ended; null: not counted. */
  readonly currentBytes: number | null;
}

const mostCommandBytes = 200;

/** At most so many bytes of a text, cut between characters. */
function firstBytes(text: string, most: number): string {
  const bytes = Buffer.from(text, "utf8");
  if (bytes.length <= most) return bytes.toString("utf8");
  let end = most;
  // Not in the middle of a character: its further bytes are 10xxxxxx.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end);
}

const textOf = (bytes: number | null): string => (bytes === null ? "unknown" : String(bytes));

const exitOf = ({ exit_code, exit_signal }: ToolResult): number | string | null => exit_code ?? exit_signal;

/** `corral.tool-log/1`: one line of the log. The keys of the original wrapper first, in its order and form, then what it did not have. */
export interface ToolLogLine {
  /** Wall clock of its start, nanoseconds since 1970. */
  readonly ts: number;
  /** 0: its process was never started. */
  readonly pid: number;
  readonly cgroup: string;
  /** The first 200 bytes of its command line, untrusted. */
  readonly cmd: string;
  /** Exit code, or name of the signal; null: nobody learned. */
  readonly exit: number | string | null;
  readonly duration_ms: number;
  /** Bytes, or `unknown`. */
  readonly peak_mem: string;
  readonly current_mem: string;
  /** The first 200 bytes of its hint, untrusted. */
  readonly hint: string;
  /** Its own cap in bytes, or `max`. */
  readonly mem_high: string;
  readonly schema: "corral.tool-log/1";
  readonly session: string;
  readonly call: string;
  readonly reason: ToolResult["reason"];
  readonly oom_kills: number;
  readonly cpu_user_us: number | null;
  readonly cpu_sys_us: number | null;
  readonly frozen_ms: number;
  /** Processes that were there when the command had ended. */
  readonly background: number;
  readonly removed: boolean;
  /** 1 for the first run. */
  readonly attempt: number;
}

/** One line of the log, with its end. */
export function toolLogLine(result: ToolResult, call: LoggedCall): string {
  const line: ToolLogLine = {
    ts: Date.parse(result.start_time) * 1_000_000,
    pid: call.pid,
    cgroup: call.group,
    cmd: firstBytes(call.command ?? "", mostCommandBytes),
    exit: exitOf(result),
    duration_ms: Math.round(result.duration_ms),
    peak_mem: textOf(result.memory_peak_bytes),
    current_mem: textOf(call.currentBytes),
    hint: firstBytes(call.hint ?? "", mostCommandBytes),
    mem_high: result.memory_budget_bytes === null ? "max" : String(result.memory_budget_bytes),
    schema: "corral.tool-log/1",
    session: result.session,
    call: result.call,
    reason: result.reason,
    oom_kills: result.oom_kills,
    cpu_user_us: result.cpu_user_us,
    cpu_sys_us: result.cpu_sys_us,
    frozen_ms: result.frozen_ms,
    background: result.background.processes,
    removed: result.removed,
    attempt: result.attempts.length,
  };
  return `${JSON.stringify(line)}\n`;
}

const fileMode = 0o600;

/** Opens the log for lines, which only its owner may read: commands may hold secrets. @throws errno errors, Error */
function withLog<T>(path: string, use: (fd: number) => T): T {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const fd = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, fileMode);
  try {
    // Nobody's device is to have another mode, and a pipe without a reader is to hold up nobody.
    if (!fstatSync(fd).isFile()) throw new Error("it is no regular file");
    fchmodSync(fd, fileMode);
    return use(fd);
  } finally {
    closeSync(fd);
  }
}

/**
 * The log of tool calls. A log that cannot be written stops nobody: it is told once, it is a problem of the guard until it can be
 * written again, and the lines that it lacks are counted.
 */
export class ToolLog {
  readonly #tell: (message: string) => void;
  #path: string | null = null;
  #reason: string | null = null;
  #lost = 0;

  /** @param tell is told when it cannot be written, and when it can again */
  constructor(tell: (message: string) => void) {
    this.#tell = tell;
  }

  /** Where lines go from now on, and whether they can. @param path null: no log is kept */
  open(path: string | null): void {
    if (path !== this.#path) this.#lost = 0;
    this.#path = path;
    if (path === null) this.#reason = null;
    else this.#try(path, () => {});
  }

  /** What is wrong with it; null: nothing. */
  get problem(): string | null {
    return this.#reason === null ? null : `${this.#reason}${this.#lost === 0 ? "" : `; lines lost: ${this.#lost}`}`;
  }

  add(line: string): void {
    if (this.#path === null) return;
    if (!this.#try(this.#path, (fd) => void writeSync(fd, line))) this.#lost += 1;
  }

  #try(path: string, use: (fd: number) => void): boolean {
    const before = this.#reason;
    try {
      withLog(path, use);
      this.#reason = null;
    } catch (thrown) {
      this.#reason = `cannot write the log of tool calls to ${quote(path, 300)}: ${errnoOf(thrown) ?? (thrown instanceof Error ? thrown.message : String(thrown))}`;
    }
    if (this.#reason !== null && this.#reason !== before) this.#tell(this.#reason);
    if (this.#reason === null && before !== null)
      this.#tell(`the log of tool calls can be written again; lines lost: ${this.#lost}`);
    return this.#reason === null;
  }
}
