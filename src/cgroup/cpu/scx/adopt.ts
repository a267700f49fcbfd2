import { readdirSync, readFileSync } from "node:fs";
import { nativeErrno, readScheduling, schedPolicies, setScheduling } from "../../../kernel/index.ts";
import { CorralError, errnoOf } from "../../../report/index.ts";

/** Looks at a group until one finds nothing to change: a task that forks meanwhile may leave a child behind. */
const mostPasses = 50;

const isGone = (errno: string | null): boolean => errno === "ENOENT" || errno === "ENODEV" || errno === "ESRCH";

function threadsOf(group: string): readonly number[] {
  try {
    return readFileSync(`${group}/cgroup.threads`, "utf8").split("\n").filter(Boolean).map(Number);
  } catch (cause) {
    const errno = errnoOf(cause);
    if (isGone(errno)) return [];
    throw new CorralError("CGROUP_IO", `cannot read ${group}/cgroup.threads: ${errno ?? "unknown"}`, {
      object: group,
      cause,
    });
  }
}

/** A group and all below it. */
function withBelow(group: string): readonly string[] {
  try {
    const below = readdirSync(group, { withFileTypes: true, recursive: true });
    return [group, ...below.flatMap((one) => (one.isDirectory() ? `${one.parentPath}/${one.name}` : []))];
  } catch (cause) {
    // A group below has gone while it was read.
    if (isGone(errnoOf(cause))) return [group];
    throw cause;
  }
}

/** Whether the thread had the one policy and has the other now. Real-time tasks, and those that run when nobody else does, stay. */
function change(tid: number, from: number, to: number): boolean {
  try {
    const now = readScheduling(tid);
    if (now.policy !== from) return false;
    setScheduling(tid, { ...now, policy: to, priority: 0 });
    return true;
  } catch (thrown) {
    if (nativeErrno(thrown) === "ESRCH") return false;
    throw thrown;
  }
}

function changeAll(group: string, from: number, to: number): number {
  let all = 0;
  for (let pass = 0; pass < mostPasses; pass++) {
    const changed = withBelow(group)
      .flatMap(threadsOf)
      .filter((tid) => change(tid, from, to)).length;
    all += changed;
    if (changed === 0) break;
  }
  return all;
}

/**
 * Gives all ordinary threads of a group and of those below to sched_ext (SCHED_EXT, sched(7)); nice values stay.
 * @returns how many threads were changed
 * @throws CorralError CGROUP_IO, NATIVE_CALL
 */
export const adoptGroup = (group: string): number => changeAll(group, schedPolicies.other, schedPolicies.ext);

/** The reverse of `adoptGroup`. */
export const releaseGroup = (group: string): number => changeAll(group, schedPolicies.ext, schedPolicies.other);
