/** Bounds of a transport; all that a stranger could use up has one. */
export interface TransportLimits {
  /** Of one message, in either direction. */
  readonly maxMessageBytes: number;
  /** Between two signs of life of a connection, idle or not, where the network would say nothing by itself. */
  readonly keepaliveMs: number;
  /** For the answer to one; then the connection is lost. */
  readonly keepaliveAnswerMs: number;
  /** From a connection to a call on it that proves who calls; then it is cut off. */
  readonly strangerMs: number;
  /** Connections at a time, strangers' among them; more are cut off at once. */
  readonly maxConnections: number;
  /** For the other side to end a stream that this one has closed. */
  readonly closeMs: number;
}

export const transportLimits: TransportLimits = {
  maxMessageBytes: 4 * 1024 * 1024,
  keepaliveMs: 30_000,
  keepaliveAnswerMs: 10_000,
  strangerMs: 10_000,
  maxConnections: 64,
  closeMs: 5000,
};
