import type { FdWatcher } from "./native-addon.ts";
import { fdEvents, requireAddon } from "./native-addon.ts";
import type { OwnedSocket } from "./owned-socket.ts";

const slots = 64;
/** Of 64 datagrams each: more than the queue of a socket (net.unix.max_dgram_qlen), so that who keeps sending does not keep us. */
const maxDrainRounds = 64;
// Of each datagram: length, pid, uid, gid, age in microseconds.
const senderNumbers = 5;

/** The kernel's word on who sent a datagram (SCM_CREDENTIALS of unix(7)), its pid in our pid namespace; 0: none. */
export interface DatagramSender {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** When it was sent, CLOCK_MONOTONIC; what the sender did later, an exec perhaps, the datagram does not know of. */
  readonly sentNs: bigint;
}

/** @param bytes the beginning of it, valid during the call only; `length` tells how long it really was */
export type OnDatagram = (bytes: Buffer, length: number, sender: DatagramSender) => void;

export interface DatagramReceiver {
  /** Tells at once everything that has arrived, without waiting for the event loop. */
  drain(): void;
  /** The socket stays its owner's. Idempotent. */
  close(): void;
}

/**
 * Tells the datagrams of an owned datagram socket until the answer is closed, at most 64 per turn of the event loop.
 * @param slotBytes of each datagram so many bytes are kept
 */
export function receiveDatagrams(socket: OwnedSocket, slotBytes: number, onDatagram: OnDatagram): DatagramReceiver {
  const addon = requireAddon();
  const bytes = Buffer.alloc(slots * slotBytes);
  const senders = new Uint32Array(slots * senderNumbers);
  let open = true;
  const receive = (): boolean => {
    if (!open) return false;
    const count = addon.datagramReceive(socket.fd, bytes, senders);
    const nowNs = process.hrtime.bigint();
    for (let index = 0; index < count; index += 1) {
      const [length = 0, pid = 0, uid = 0, gid = 0, ageUs = 0] = senders.subarray(
        index * senderNumbers,
        (index + 1) * senderNumbers,
      );
      const from = index * slotBytes;
      onDatagram(bytes.subarray(from, from + Math.min(length, slotBytes)), length, {
        pid,
        uid,
        gid,
        sentNs: nowNs - BigInt(ageUs) * 1000n,
      });
    }
    return count === slots;
  };
  const watch = (): FdWatcher =>
    addon.watchFd(socket.fd, fdEvents.readable, (_events, status) => {
      receive();
      if (status === 0 || !open) return;
      // An error of the socket has ended the polling; receiving has taken it away.
      watcher.close();
      watcher = watch();
    });
  let watcher = watch();
  return {
    drain() {
      for (let round = 0; round < maxDrainRounds && receive(); round += 1);
    },
    close() {
      open = false;
      watcher.close();
    },
  };
}
