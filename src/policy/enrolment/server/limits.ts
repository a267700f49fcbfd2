/** What peers may cost the server. All are per server unless the name says otherwise. */
export interface EnrolmentLimits {
  /** Default 4096. */
  readonly maxConnections: number;
  /** Default 1024. */
  readonly maxConnectionsPerUid: number;
  /** Of both protocols; default 1024. */
  readonly maxEnrolmentsPerUid: number;
  /** Requests at a time that one workload has not answered; default 32. */
  readonly maxPendingPerEnrolment: number;
  /** Unsolicited messages of one connection, at once and then per second; defaults 400 and 200. */
  readonly burstMessages: number;
  readonly messagesPerSec: number;
  /** How long hello and enroll, and the rest of a frame that was begun, are awaited; default 5000. */
  readonly patienceMs: number;
  /** How often heartbeats are sent; default 5000. */
  readonly heartbeatMs: number;
  /** A peer that sent nothing for so long has its enrolment ended; default 20000. */
  readonly silentMs: number;
}

export const defaultEnrolmentLimits: EnrolmentLimits = {
  maxConnections: 4096,
  maxConnectionsPerUid: 1024,
  maxEnrolmentsPerUid: 1024,
  maxPendingPerEnrolment: 32,
  burstMessages: 400,
  messagesPerSec: 200,
  patienceMs: 5000,
  heartbeatMs: 5000,
  silentMs: 20_000,
};
