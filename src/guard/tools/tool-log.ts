import { closeSync, constants, fchmodSync, openSync, writeSync } from "node:fs";
import { CorralError, errnoOf } from "../../report/index.ts";
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

/** One line of the log: the keys of the original wrapper first, in its order and form, then what it did not have. */
export function toolLogLine(result: ToolResult, call: LoggedCall): string {
  return `${JSON.stringify({
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
  })}\n`;
}

const fileMode = 0o600;

/** Appends lines to the log, which only its owner may read: commands may hold secrets. Null: there is none. */
export class ToolLog {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** @throws CorralError REPORT_UNWRITABLE */
  add(line: string): void {
    const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW } = constants;
    try {
      const fd = openSync(this.#path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, fileMode);
      try {
        fchmodSync(fd, fileMode);
        writeSync(fd, line);
      } finally {
        closeSync(fd);
      }
    } catch (cause) {
      throw new CorralError(
        "REPORT_UNWRITABLE",
        `cannot write the log of tool calls to ${this.#path}: ${errnoOf(cause)}`,
        {
          object: this.#path,
          cause,
        },
      );
    }
  }
}
