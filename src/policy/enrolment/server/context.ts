import type { EnrolmentChange, RefusalReason } from "../../model/index.ts";
import type { EnrolmentCounters } from "./counters.ts";
import type { Access } from "./judge.ts";
import type { LatestStats } from "./latest-stats.ts";
import type { EnrolmentLimits } from "./limits.ts";
import type { Registry } from "./registry.ts";
import type { OpenRequests } from "./requests.ts";
import { nowNs } from "./requests.ts";
import { TokenBucket } from "./token-bucket.ts";

/** What every connection and the legacy bridge work with. */
export interface ServerContext {
  readonly registry: Registry;
  readonly requests: OpenRequests;
  readonly latest: LatestStats;
  readonly counters: EnrolmentCounters;
  readonly limits: EnrolmentLimits;
  readonly access: Access;
  /** Counts it, and tells it unless too many were told lately. */
  refused(reason: RefusalReason, peer: { readonly pid: number; readonly uid: number } | null, claimedPid: number): void;
}

// Whoever floods us with rubbish shall not flood our listener, and his log, too.
const refusalBurst = 100;
const refusalsPerSec = 20;

/** Tells refusals within bounds. */
export function refusalTeller(counters: EnrolmentCounters, onChange: (change: EnrolmentChange) => void) {
  const bucket = new TokenBucket(refusalBurst, refusalsPerSec, performance.now());
  const refused: ServerContext["refused"] = (reason, peer, claimedPid) => {
    counters.refused += 1;
    if (!bucket.take(performance.now())) return;
    const known = peer === null || peer.pid === 0 ? null : { pid: peer.pid, uid: peer.uid };
    onChange({
      kind: "refused",
      reason,
      peer: known,
      claimedPid: claimedPid === 0 ? null : claimedPid,
      timestampNs: nowNs(),
    });
  };
  return refused;
}
