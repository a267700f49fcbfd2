import { explainErrno } from "../../cgroup/index.ts";
import { nativeErrno } from "../../kernel/index.ts";
import { CorralError, errnoOf } from "../../report/index.ts";
import type { Outcome } from "../model/index.ts";
import type { Done } from "./step.ts";
import { done } from "./step.ts";

/** What an errno says of an action: that the target is gone, that this host will not have it, or that it failed. */
const outcomeOfErrno: Readonly<Record<string, Outcome>> = {
  ESRCH: "exited_before",
  ENODEV: "exited_before",
  EPERM: "rejected",
  EACCES: "rejected",
  EROFS: "rejected",
  ENOSYS: "rejected",
  EOPNOTSUPP: "rejected",
  EINVAL: "rejected",
};

const errnoOfThrown = (thrown: unknown): string | null =>
  nativeErrno(thrown) ??
  (thrown instanceof CorralError && /^E[A-Z0-9]+$/.test(thrown.found ?? "") ? thrown.found : errnoOf(thrown));

/** Anything thrown while an action was done, as its end. A control file that is not there is one that this host lacks. */
export function doneFromThrown(thrown: unknown, requestedNs: bigint | null): Done {
  const error = CorralError.from(thrown);
  const errno = errnoOfThrown(thrown);
  if (error.code === "NATIVE_MISSING") return done("rejected", error.message, requestedNs);
  if (errno === null) return done("error", error.message, requestedNs);
  const outcome = errno === "ENOENT" ? "rejected" : (outcomeOfErrno[errno] ?? "error");
  const reason = error.code === "CGROUP_IO" || error.code === "NATIVE_CALL" ? error.message : explainErrno(errno);
  return done(outcome, reason, requestedNs, { errno });
}

/** The caller's signal was aborted before the end. */
export const stopped = (requestedNs: bigint | null): Done =>
  done("suppressed", "the policy was stopped before it was done", requestedNs);
