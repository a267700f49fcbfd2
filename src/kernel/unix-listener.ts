import type { FdWatcher, NativeAddon } from "./native-addon.ts";
import { fdEvents, requireAddon } from "./native-addon.ts";
import type { OwnedSocket } from "./owned-socket.ts";
import { UnixConnection } from "./unix-connection.ts";

/** Connections taken per turn of the event loop, so that a rush does not starve those that are there. */
const acceptsPerTurn = 32;
const backlog = 512;
/** How long the listener rests when this process has no descriptor left, instead of spinning. */
const restMs = 100;

export interface UnixListener {
  /** Stops accepting; the socket stays its owner's. Idempotent. */
  close(): void;
}

export interface ListenOptions {
  /** A connection that does not take so many bytes that wait for it refuses more. */
  readonly maxUnsentBytes: number;
  readonly onConnection: (connection: UnixConnection) => void;
}

class Listener implements UnixListener {
  readonly #addon: NativeAddon;
  readonly #fd: number;
  readonly #options: ListenOptions;
  readonly #buffer = UnixConnection.sharedBuffer();
  #watcher: FdWatcher | null = null;
  #rest: NodeJS.Timeout | null = null;
  #open = true;

  constructor(addon: NativeAddon, fd: number, options: ListenOptions) {
    this.#addon = addon;
    this.#fd = fd;
    this.#options = options;
    this.#watch();
  }

  close(): void {
    this.#open = false;
    this.#watcher?.close();
    if (this.#rest !== null) clearTimeout(this.#rest);
  }

  #watch(): void {
    this.#watcher = this.#addon.watchFd(this.#fd, fdEvents.readable, (_events, status) => {
      if (status === 0) this.#acceptSome();
      else this.#restAWhile();
    });
  }

  #restAWhile(): void {
    this.#watcher?.close();
    this.#rest = setTimeout(() => {
      if (this.#open) this.#watch();
    }, restMs);
  }

  #acceptSome(): void {
    for (let count = 0; count < acceptsPerTurn && this.#open; count += 1) {
      const connection = this.#accept();
      if (connection === null) return;
      this.#options.onConnection(connection);
    }
  }

  #accept(): UnixConnection | null {
    try {
      const peer = this.#addon.unixAccept(this.#fd);
      return peer === null ? null : new UnixConnection(this.#addon, peer, this.#buffer, this.#options.maxUnsentBytes);
    } catch {
      // EMFILE, ENFILE, ENOMEM: who waits keeps waiting, and is taken when there is room again.
      this.#restAWhile();
      return null;
    }
  }
}

/** Takes connections on an owned stream or seqpacket socket until the answer is closed. */
export function listenUnix(socket: OwnedSocket, options: ListenOptions): UnixListener {
  const addon = requireAddon();
  addon.unixListen(socket.fd, backlog);
  return new Listener(addon, socket.fd, options);
}
