import type { CorralError } from "../../report/index.ts";
import type { RetryPolicy } from "./config-types.ts";

/**
 * What a failed attach means for the next attempt:
 * - `gone`: the process has ended; there is nothing to do
 * - `refused`: the same answer would come again, until the process executes another program
 * - `transient`: it is worth trying again
 */
export type FailureKind = "gone" | "refused" | "transient";

const kinds: Readonly<Partial<Record<CorralError["code"], FailureKind>>> = {
  PROCESS_GONE: "gone",
  PROCESS_PROTECTED: "refused",
  PROCESS_MANAGED: "refused",
  PROCESS_GOVERNED: "refused",
  STRICT_REFUSED: "refused",
  CGROUP_PARENT: "refused",
  NATIVE_MISSING: "refused",
  USAGE: "refused",
};

const permanentErrnos = new Set(["EPERM", "EACCES", "EINVAL", "ENOSYS", "EOPNOTSUPP", "EROFS"]);

/** Judges a failure by its code and, for what the kernel refused, by the errno. */
export function kindOfFailure({ code, found }: Pick<CorralError, "code" | "found">): FailureKind {
  const known = kinds[code];
  if (known !== undefined) return known;
  if (found === "ESRCH") return "gone";
  return found !== null && permanentErrnos.has(found) ? "refused" : "transient";
}

/** Milliseconds before the attempt after `attempts` failed ones; null when the policy allows no more. */
export function pauseBefore(policy: RetryPolicy, attempts: number): number | null {
  if (attempts >= policy.attempts) return null;
  return Math.min(policy.maxMs, policy.initialMs * 2 ** (attempts - 1));
}
