import type { ProcessIdentity, ProcessStatus } from "../../../kernel/index.ts";
import type { RefusalReason } from "../../model/index.ts";
import type { SelfDescription } from "../wire/index.ts";
import { whyMalformed } from "../wire/index.ts";

/** Who may enrol: our own user and root always, and the members of a group. */
export interface Access {
  readonly ownUid: number;
  readonly gid: number | null;
}

/** What a workload says of who it is. */
export interface Claim extends SelfDescription {
  /** 0: none. */
  readonly pid: number;
  /** 0: none. */
  readonly startTicks: bigint;
}

/** What the kernel says of it. */
export interface Witness {
  readonly identity: ProcessIdentity | null;
  readonly uid: number;
  readonly gid: number;
  readonly status: ProcessStatus | null;
}

export interface Refusal {
  readonly reason: RefusalReason;
  readonly message: string;
}

export function mayEnrol({ ownUid, gid }: Access, { uid, gid: ownGid, status }: Witness): boolean {
  if (uid === ownUid || uid === 0) return true;
  return gid !== null && (ownGid === gid || (status?.groups.includes(gid) ?? false));
}

/** A process of a pid namespace below ours knows itself by another number, which the kernel lists. */
const isOwnPid = (pid: number, { identity, status }: Witness): boolean =>
  pid === identity?.pid || (status?.pids.includes(pid) ?? false);

/** Why an enrolment is refused, null when it is not. Whatever the workload claims is held against the kernel's word. */
export function refuse(claim: Claim, witness: Witness, access: Access, hasRoom: boolean): Refusal | null {
  if (witness.identity === null)
    return { reason: "wrong_identity", message: "the process has ended or is in no pid namespace of the server" };
  if (claim.pid !== 0 && !isOwnPid(claim.pid, witness))
    return { reason: "wrong_identity", message: `the kernel says pid ${witness.identity.pid}, not ${claim.pid}` };
  if (claim.startTicks !== 0n && claim.startTicks !== BigInt(witness.identity.startTicks))
    return { reason: "wrong_identity", message: "the kernel says another start time" };
  if (!mayEnrol(access, witness)) return { reason: "not_allowed", message: `user ${witness.uid} may not enrol here` };
  const malformed = whyMalformed(claim);
  if (malformed !== null) return { reason: "malformed", message: malformed };
  return hasRoom ? null : { reason: "quota", message: `user ${witness.uid} has too many enrolments` };
}
