/**
 * Every code of an `error`, `enroll_denied` or `action_rejected` message; docs/protocol.md has this table and a test compares
 * them. `closes`: whoever sends it closes the connection after it.
 */
export const protocolErrors = {
  bad_magic: { closes: true, meaning: "the bytes are no frame of this protocol" },
  frame_too_large: { closes: true, meaning: "the payload is longer than the receiver takes" },
  unsupported_version: { closes: true, meaning: "no version of the protocol is spoken by both" },
  malformed: { closes: true, meaning: "a field is missing, too long, of a wrong value or no UTF-8" },
  unknown_type: { closes: false, meaning: "the receiver does not know messages of this type, and ignored it" },
  unexpected: { closes: true, meaning: "the message does not belong here: no hello before it, or of the wrong side" },
  timed_out: { closes: true, meaning: "a frame was begun, or hello and enroll were awaited, for too long" },
  rate_limited: { closes: true, meaning: "too many unsolicited messages in too short a time" },
  wrong_token: { closes: false, meaning: "the token is not that of the enrolment of this connection" },
  wrong_identity: { closes: true, meaning: "the process is not the one that it claims to be, or cannot be seen" },
  not_allowed: { closes: true, meaning: "this user may not enrol here" },
  quota: { closes: true, meaning: "this user has too many enrolments or connections already" },
  shutdown: { closes: true, meaning: "the server ends" },
  expired: { closes: false, meaning: "the workload reached its safe point after the request had expired" },
  busy: { closes: false, meaning: "too many requests are pending" },
  unknown_verb: { closes: false, meaning: "the workload was asked for what it did not offer" },
  failed: { closes: false, meaning: "the workload tried and failed" },
  refused: { closes: false, meaning: "the workload did not want to" },
} as const;

export type ProtocolErrorCode = keyof typeof protocolErrors;

/** What is wrong with bytes or a message of the other side. */
export class ProtocolFault extends Error {
  override readonly name = "ProtocolFault";
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}
