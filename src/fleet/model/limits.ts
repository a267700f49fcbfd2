/** Time limits of an agent, in milliseconds. */
export interface AgentLimits {
  /** From the opening of the stream to its first message. */
  readonly firstMessageMs: number;
  /** For preparing; null: as long as it takes, since the controller's pings tell that it is alive. */
  readonly prepareMs: number | null;
  /** From ready to the order to begin. */
  readonly readyMs: number;
  /** How far ahead the moment of the start may be. */
  readonly farthestStartMs: number;
  /** Between two reports of a workload. */
  readonly reportMs: number;
}

export const agentLimits: AgentLimits = {
  firstMessageMs: 30_000,
  prepareMs: 30_000,
  readyMs: 60_000,
  farthestStartMs: 300_000,
  reportMs: 1000,
};

/** Time limits of a controller, in milliseconds. */
export interface ControllerLimits {
  /** For one attempt to connect. */
  readonly connectMs: number;
  /** Pauses before further attempts; as many as there are. */
  readonly retryMs: readonly number[];
  /** From the assignment to ready; null: as long as the agent answers pings. */
  readonly prepareMs: number | null;
  /** From the first agent that is ready to the last. */
  readonly readyMs: number;
  /** From the first agent at a barrier to the last; who is not there by then has failed. Null: no such limit. */
  readonly barrierMs: number | null;
  /** From the last ready, or the last at a barrier, to the common start. */
  readonly startDelayMs: number;
  /** From the common start to the first report. */
  readonly firstReportMs: number;
  /** Silence after which a ping is sent. */
  readonly silenceMs: number;
  /** For the answer to one ping. */
  readonly pingMs: number;
  /** Pings without an answer after which an agent is given up. */
  readonly pings: number;
  /** Without a report while the workload runs, pings answered or not; null: no such limit. */
  readonly noReportMs: number | null;
  /** For agents to end after an abort. */
  readonly abortMs: number;
  /** Exchanges for the estimate of a clock, before the common start. */
  readonly clockProbes: number;
}

export const controllerLimits: ControllerLimits = {
  connectMs: 5000,
  retryMs: [1000, 2000, 4000],
  prepareMs: 30_000,
  readyMs: 60_000,
  barrierMs: 300_000,
  startDelayMs: 10_000,
  firstReportMs: 10_000,
  silenceMs: 10_000,
  pingMs: 5000,
  pings: 3,
  noReportMs: 60_000,
  abortMs: 5000,
  clockProbes: 8,
};
