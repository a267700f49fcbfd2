import { CorralError, errnoOf } from "../report/index.ts";

let errnoNames: ReadonlyMap<number, string> | null = null;

/** Made at the first failure: node:os costs a cold start 0.4 ms, and most runs see none. */
function namesOfErrnos(): ReadonlyMap<number, string> {
  const { constants } = process.getBuiltinModule("node:os");
  // The first name of a number wins: EAGAIN before EWOULDBLOCK.
  errnoNames ??= new Map(
    Object.entries(constants.errno)
      .map(([name, number]) => [number, name] as const)
      .toReversed(),
  );
  return errnoNames;
}

/** The name (`ENOENT`) of a positive errno number, `E<n>` for one that Node does not know, null for 0. */
export function errnoName(errno: number): string | null {
  return errno === 0 ? null : (namesOfErrnos().get(errno) ?? `E${errno}`);
}

// The addon gives the number only.
function addCode(thrown: unknown): void {
  if (!(thrown instanceof Error) || "code" in thrown || !("errno" in thrown)) return;
  Object.assign(thrown, { code: errnoName(-Number(thrown.errno)) });
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
  addCode(thrown);
  const errno = errnoOf(thrown) ?? (thrown instanceof Error ? thrown.message : String(thrown));
  const syscall = syscallOf(thrown) ?? call;
  const about = object === undefined ? "" : ` for ${object}`;
  return new CorralError("NATIVE_CALL", `${syscall} failed${about}: ${errno}`, {
    found: errno,
    cause: thrown,
    ...(object === undefined ? {} : { object }),
  });
}

/** The system call that a NATIVE_CALL is about, else null. */
export const nativeSyscall = (thrown: unknown): string | null =>
  thrown instanceof CorralError ? syscallOf(thrown.cause) : syscallOf(thrown);

/** The errno name of a system error or of the system error inside a NATIVE_CALL, else null. */
export function nativeErrno(thrown: unknown): string | null {
  return thrown instanceof CorralError ? errnoOf(thrown.cause) : errnoOf(thrown);
}
