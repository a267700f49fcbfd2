/** What the enrolment server counts, since it was opened. */
export interface EnrolmentCounters {
  /** Enrolments accepted. */
  enrolled: number;
  /** Enrolments refused, for whatever reason. */
  refused: number;
  /** Frames and datagrams that could not be understood. */
  malformed: number;
  /** Requests sent to workloads. */
  requests: number;
  /** Replies that belong to a request still open. */
  matched: number;
  /** Replies to a request that had ended before: they came too late. */
  lateAcks: number;
  /** Replies to no request that was ever made. */
  unmatchedAcks: number;
  /** Messages ignored because their sender sent too many. */
  dropped: number;
}

export const noCounts = (): EnrolmentCounters => ({
  enrolled: 0,
  refused: 0,
  malformed: 0,
  requests: 0,
  matched: 0,
  lateAcks: 0,
  unmatchedAcks: 0,
  dropped: 0,
});
