/** The addon's calls on netlink and AF_UNIX sockets (native/BOUNDARY.md); `proc-connector.ts` and `sd-notify.ts` are their doors. */
export interface NativeSockets {
  /** [descriptor, bytes of receive buffer granted]. */
  readonly procConnectorOpen: (receiveBytes: number) => readonly [number, number];
  readonly procConnectorControl: (fd: number, operation: number, ack: number) => void;
  /** Fills `records` and counts loss in `state`; returns the number of records. */
  readonly procConnectorReceive: (fd: number, records: Uint8Array, state: Uint32Array) => number;
  /** `path` is a byte string, abstract with a leading `@`. */
  readonly sendDatagram: (path: string, text: string) => void;
}

export const socketCalls: readonly (keyof NativeSockets)[] = [
  "procConnectorOpen",
  "procConnectorControl",
  "procConnectorReceive",
  "sendDatagram",
];
