import type { CorralError } from "../../report/index.ts";
import type { RetryPolicy } from "./config-types.ts";

/**
 * What a failed attach means for the next attempt:
 * - `gone`: the process has ended; there is nothing to do
 * - `protected`: it must not be governed this way; nothing has failed, and it is left alone until it executes another program
 * - `permanent`: the same failure would come again, until it executes another program
 * - `transient`: it is worth trying again
 */
export type FailureKind = "gone" | "protected" | "permanent" | "transient";

const kinds: Readonly<Partial<Record<CorralError["code"], FailureKind>>> = {
  PROCESS_GONE: "gone",
  PROCESS_PROTECTED: "protected",
  PROCESS_MANAGED: "protected",
  PROCESS_GOVERNED: "protected",
  STRICT_REFUSED: "permanent",
  CGROUP_PARENT: "permanent",
  NATIVE_MISSING: "permanent",
  USAGE: "permanent",
};

const permanentErrnos = new Set(["EPERM", "EACCES", "EINVAL", "ENOSYS", "EOPNOTSUPP", "EROFS"]);

/** Judges a failure by its code and, for what the kernel refused, by the errno. */
export function kindOfFailure({ code, found }: Pick<CorralError, "code" | "found">): FailureKind {
  const known = kinds[code];
  if (known !== undefined) return known;
  if (found === "ESRCH") return "gone";
  return found !== null && permanentErrnos.has(found) ? "permanent" : "transient";
}

/** Milliseconds before the attempt after `attempts` failed ones; null when the policy allows no more. */
export function pauseBefore(policy: RetryPolicy, attempts: number): number | null {
  if (attempts >= policy.attempts) return null;
  return Math.min(policy.maxMs, policy.initialMs * 2 ** (attempts - 1));
}
