import type { ProcessIdentity } from "../../kernel/index.ts";
import type { JobTerms } from "../job-report.ts";
import type { GovernSpec } from "../spec.ts";

/** Everything an attach is asked to do, resolved and validated. One attach governs one process and what descends from it. */
export interface AttachSpec extends GovernSpec, Pick<JobTerms, "slaEligible" | "intent" | "tags"> {
  readonly target: ProcessIdentity;
  /** Null: Corral makes one from the program's name. */
  readonly jobId: string | null;
  /** The descendants that live now are adopted too; later ones always are. */
  readonly tree: boolean;
  /** Leave limits and group as they are when Corral goes; otherwise everything is undone. */
  readonly keepLimits: boolean;
  /** Move the process even out of a container's or a systemd unit's group. */
  readonly forceMove: boolean;
}
