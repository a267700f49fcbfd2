import { getSystemErrorName } from "node:util";
import { CorralError, errnoOf } from "../report/index.ts";

/** The errno name (`ENOENT`) of a positive errno number, `E<n>` for numbers libuv does not know, null for 0. */
export function errnoName(errno: number): string | null {
  if (errno === 0) return null;
  try {
    const name = getSystemErrorName(-errno);
    return name.startsWith("Unknown") ? `E${errno}` : name;
  } catch {
    return `E${errno}`;
  }
}

function syscallOf(thrown: unknown): string | null {
  if (typeof thrown !== "object" || thrown === null || !("syscall" in thrown)) return null;
  return typeof thrown.syscall === "string" ? thrown.syscall : null;
}

/**
 * The one conversion of a failed system call into a CorralError NATIVE_CALL. `cause` stays the system
 * error with its `code`, `errno` and `syscall`; `found` is the errno name; `object` is what was acted on.
 */
export function nativeCallError(call: string, thrown: unknown, object?: string): CorralError {
  if (thrown instanceof CorralError) return thrown;
  const errno = errnoOf(thrown) ?? (thrown instanceof Error ? thrown.message : String(thrown));
  const syscall = syscallOf(thrown) ?? call;
  const about = object === undefined ? "" : ` for ${object}`;
  return new CorralError("NATIVE_CALL", `${syscall} failed${about}: ${errno}`, {
    found: errno,
    cause: thrown,
    ...(object === undefined ? {} : { object }),
  });
}

/** The errno name of a system error or of the system error inside a NATIVE_CALL, else null. */
export function nativeErrno(thrown: unknown): string | null {
  return thrown instanceof CorralError ? errnoOf(thrown.cause) : errnoOf(thrown);
}
