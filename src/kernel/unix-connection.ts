import type { FdWatcher, NativeAddon } from "./native-addon.ts";
import { fdEvents } from "./native-addon.ts";
import type { NativePeer } from "./native-sockets.ts";

/** Who is at the other end, as the kernel noted when it connected (SO_PEERCRED, SO_PEERPIDFD). */
export interface UnixPeer {
  /** In our pid namespace; 0 for a process outside of it. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** Pins the process; closed with the connection. Null where the kernel gives none: before Linux 6.5, or reaped already. */
  readonly pidfd: number | null;
}

export interface ConnectionHandlers {
  /** Some bytes have arrived. They are valid during the call only. */
  onBytes(bytes: Uint8Array): void;
  /** The other end closed, or the connection broke: everything that had arrived before was told. Called once. */
  onEnd(): void;
}

const receiveBytes = 65_536;
/** Of receiveBytes each: more than the buffer of a socket, so that who keeps sending does not keep us. */
const maxDrainRounds = 64;

/** One accepted connection of unix(7). Nothing here ever waits. */
export class UnixConnection {
  readonly peer: UnixPeer;
  readonly #addon: NativeAddon;
  readonly #fd: number;
  readonly #buffer: Uint8Array;
  readonly #maxUnsentBytes: number;
  #watcher: FdWatcher | null = null;
  #handlers: ConnectionHandlers | null = null;
  #unsent: Uint8Array = new Uint8Array(0);
  #open = true;

  /** @param buffer to receive into; connections of one thread may share it */
  constructor(addon: NativeAddon, accepted: NativePeer, buffer: Uint8Array, maxUnsentBytes: number) {
    const { fd, pid, uid, gid, pidfd } = accepted;
    this.#addon = addon;
    this.#fd = fd;
    this.#buffer = buffer;
    this.#maxUnsentBytes = maxUnsentBytes;
    this.peer = { pid, uid, gid, pidfd: pidfd === -1 ? null : pidfd };
  }

  static sharedBuffer(): Uint8Array {
    return new Uint8Array(receiveBytes);
  }

  /** Begins to tell what arrives, at once what has: who connects asks at once. */
  start(handlers: ConnectionHandlers): void {
    this.#handlers = handlers;
    this.#watcher = this.#addon.watchFd(this.#fd, fdEvents.readable, (events, status) => {
      if (status !== 0) return this.#broken();
      if ((events & fdEvents.writable) !== 0) this.#flush();
      if ((events & fdEvents.readable) !== 0) this.#receive();
    });
    this.#receive();
  }

  /** False when it was not taken: the connection is closed, or the other end does not read. */
  send(bytes: Uint8Array): boolean {
    if (!this.#open || this.#unsent.length + bytes.length > this.#maxUnsentBytes) return false;
    if (this.#unsent.length > 0) {
      this.#unsent = Buffer.concat([this.#unsent, bytes]);
      return true;
    }
    const sent = this.#trySend(bytes);
    if (sent === null) return false;
    if (sent < bytes.length) {
      // A copy: the bytes are the caller's, and slice() of a Buffer shares them.
      this.#unsent = Uint8Array.from(bytes.subarray(sent));
      this.#watcher?.setEvents(fdEvents.readable | fdEvents.writable);
    }
    return true;
  }

  /** Tells at once everything that has arrived, without waiting for the event loop; no more than a socket's buffer holds. */
  drain(): void {
    for (let round = 0; round < maxDrainRounds && this.#receive(); round += 1);
  }

  /** Idempotent; no handler is called afterwards. Closes the pidfd of the peer too. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#watcher?.close();
    this.#addon.close(this.#fd);
    if (this.peer.pidfd !== null) this.#addon.close(this.peer.pidfd);
  }

  /** The other side closed without having read everything. What it said before is still here, and counts. */
  #broken(): void {
    this.drain();
    this.#end();
  }

  #end(): void {
    if (!this.#open) return;
    this.close();
    this.#handlers?.onEnd();
  }

  /** Null when the connection is broken; reading will tell. */
  #trySend(bytes: Uint8Array): number | null {
    try {
      return Math.max(this.#addon.unixSend(this.#fd, bytes), 0);
    } catch {
      return null;
    }
  }

  #flush(): void {
    const sent = this.#trySend(this.#unsent);
    this.#unsent = sent === null ? new Uint8Array(0) : this.#unsent.subarray(sent);
    if (this.#unsent.length === 0 && this.#open) this.#watcher?.setEvents(fdEvents.readable);
  }

  /** False when there is nothing more to read. */
  #receive(): boolean {
    if (!this.#open) return false;
    let count: number;
    try {
      count = this.#addon.unixReceive(this.#fd, this.#buffer);
    } catch {
      // ECONNRESET: it closed without having read what we sent.
      count = 0;
    }
    if (count === 0) this.#end();
    if (count <= 0) return false;
    this.#handlers?.onBytes(this.#buffer.subarray(0, count));
    return true;
  }
}
