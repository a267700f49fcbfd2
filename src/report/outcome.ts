/** How one requested limit ended (design rule 3). */
export const constraintStatuses = ["applied", "degraded", "not_enforceable", "failed"] as const;
/** What a requested limit came to, see `ConstraintOutcome`. */
export type ConstraintStatus = (typeof constraintStatuses)[number];

/**
 * The truth about one requested limit. `applied` means the kernel holds the requested value and enforces it;
 * `degraded`: something weaker stands in its place; `not_enforceable`: this host has nothing that enforces it;
 * `failed`: the mechanism exists and refused.
 */
export interface ConstraintOutcome {
  /** The limit as the user names it: the long flag without dashes. */
  readonly name: string;
  /** The value that was asked for, as text. */
  readonly requested: string;
  readonly status: ConstraintStatus;
  /** The kernel object that enforces it: a control file, a system call, or null when nothing does. */
  readonly mechanism: string | null;
  /** The value read back from the kernel, or null when there is none. */
  readonly effective: string | null;
  /** Why the status is not `applied`, or a caveat that the reader should know. */
  readonly reason: string | null;
}
