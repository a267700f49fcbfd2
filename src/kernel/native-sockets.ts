/** Who connected, SO_PEERCRED of unix(7). `fd` and `pidfd` are the caller's; `pidfd` is -1 where the kernel gives none. */
export interface NativePeer {
  readonly fd: number;
  /** In our pid namespace; 0 for a process that is not in it. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  readonly pidfd: number;
}

/** Types of socket(2). */
export const socketTypes = { stream: 1, datagram: 2, seqpacket: 5 } as const;

export type SocketType = (typeof socketTypes)[keyof typeof socketTypes];

/**
 * The addon's calls on netlink and AF_UNIX sockets (native/BOUNDARY.md). Their doors: `proc-connector.ts`,
 * `sd-notify.ts`, `owned-socket.ts`, `unix-listener.ts`, `unix-connection.ts` and `unix-datagrams.ts`. A path is a byte
 * string, abstract with a leading `@`.
 */
export interface NativeSockets {
  /** [descriptor, bytes of receive buffer granted]. */
  readonly procConnectorOpen: (receiveBytes: number) => readonly [number, number];
  readonly procConnectorControl: (fd: number, operation: number, ack: number) => void;
  /** Fills `records` and counts loss in `state`; returns the number of records. */
  readonly procConnectorReceive: (fd: number, records: Uint8Array, state: Uint32Array) => number;
  readonly sendDatagram: (path: string, text: string) => void;
  /** A new non-blocking socket, bound; its file has this mode at most from its first moment on. */
  readonly unixBind: (type: SocketType, path: string, mode: number) => number;
  readonly unixListen: (fd: number, backlog: number) => void;
  /** Connects and closes: ECONNREFUSED where nobody listens any more. */
  readonly unixProbe: (type: SocketType, path: string) => void;
  /** Null when nobody waits. */
  readonly unixAccept: (fd: number) => NativePeer | null;
  /** Number of bytes; 0 at the end, -1 when there is nothing yet. */
  readonly unixReceive: (fd: number, bytes: Uint8Array) => number;
  /** Number of bytes taken, -1 when there is no room. */
  readonly unixSend: (fd: number, bytes: Uint8Array) => number;
  /** Fills a slot per datagram, and of `senders` length, pid, uid, gid and age in microseconds each; returns the number of datagrams. */
  readonly datagramReceive: (fd: number, bytes: Uint8Array, senders: Uint32Array) => number;
}

export const socketCalls: readonly (keyof NativeSockets)[] = [
  "procConnectorOpen",
  "procConnectorControl",
  "procConnectorReceive",
  "sendDatagram",
  "unixBind",
  "unixListen",
  "unixProbe",
  "unixAccept",
  "unixReceive",
  "unixSend",
  "datagramReceive",
];
