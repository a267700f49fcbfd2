import type { ErrorCode } from "./error-codes.ts";
import { errorCodes } from "./error-codes.ts";
import type { RunReport } from "./run-report.ts";

/** What every Corral error says: the rule that failed is the message; the rest locates it. */
export interface ErrorDetails {
  /** The thing the error is about: a flag, a path, a pid, a job id. */
  readonly object?: string;
  /** What was found there, when it differs from what was expected. */
  readonly found?: string;
  /** One imperative sentence that tells the reader what to do. */
  readonly fix?: string;
  readonly cause?: unknown;
  /** The report of a job that never came to run. */
  readonly report?: RunReport;
}

/**
 * The one error class of the product. `code` is stable (docs/errors.md lists every code with its
 * exit status); `message` is one line and safe to print.
 */
export class CorralError extends Error {
  readonly code: ErrorCode;
  readonly object: string | null;
  readonly found: string | null;
  readonly fix: string | null;
  /** What stood when a job failed to start, as its result has it; null where there was no job. */
  readonly report: RunReport | null;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = "CorralError";
    this.code = code;
    this.object = details.object ?? null;
    this.found = details.found ?? null;
    this.fix = details.fix ?? null;
    this.report = details.report ?? null;
  }

  /** Exit status a command ends with when this error stops it. */
  get exitStatus(): number {
    return errorCodes[this.code].exitStatus;
  }

  /** The error as one line for people: message, then the fix. */
  toLine(): string {
    return this.fix === null ? this.message : `${this.message}; ${this.fix}`;
  }

  /** Total conversion: anything thrown becomes a CorralError, known ones unchanged. */
  static from(thrown: unknown): CorralError {
    if (thrown instanceof CorralError) return thrown;
    const message = thrown instanceof Error ? thrown.message : String(thrown);
    return new CorralError("INTERNAL", message.split("\n", 1)[0] ?? "", {
      cause: thrown,
      fix: "this is a bug in Corral; please report it with the command line",
    });
  }
}

/** The errno name (`ENOENT`) of a Node or Corral system error, or null. */
export function errnoOf(thrown: unknown): string | null {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return null;
  const { code } = thrown;
  return typeof code === "string" && /^E[A-Z0-9]+$/.test(code) ? code : null;
}
