/**
 * Exit status of a fleet run. The higher in this list, the more it outweighs the others: an abort by the user hides
 * everything else, and a failure before the start says more than one after it.
 */
export const fleetExit = {
  /** The user ended it. */
  aborted: 3,
  /** An agent could not be reached. */
  unreachable: 4,
  /** An agent refused the configuration, or could not prepare. */
  rejected: 5,
  /** An agent was not ready in time, or fell silent before the start. */
  timeout: 6,
  /** No agent has completed, or too few to go on. */
  failed: 1,
  /** Some agents have completed. */
  partial: 2,
  /** All agents have completed, and a threshold was missed. */
  missed: 7,
  /** All agents have completed. */
  completed: 0,
} as const;

export type FleetOutcome = keyof typeof fleetExit;

/** Outcomes, what outweighs the others first. */
export const byWeight: readonly FleetOutcome[] = [
  "aborted",
  "unreachable",
  "rejected",
  "timeout",
  "failed",
  "partial",
  "missed",
  "completed",
];

/** The weightiest of several. */
export const weightiest = (outcomes: readonly FleetOutcome[]): FleetOutcome =>
  byWeight.find((one) => outcomes.includes(one)) ?? "completed";
