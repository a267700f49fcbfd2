import type { Socket } from "node:net";
import type { TransportLimits } from "../limits.ts";

/** As the library names who calls. */
const peerOf = ({ remoteAddress = "", remotePort = 0 }: Socket): string => `${remoteAddress}:${remotePort}`;

interface Guest {
  readonly socket: Socket;
  /** Null: it has proven who it is. */
  timer: NodeJS.Timeout | null;
}

/**
 * Connections of a server. One that does not prove who it is in time is cut off, whatever it does meanwhile: a handshake that
 * never ends, headers a byte at a time, pings. There are never more of them than the limit.
 */
export class Strangers {
  readonly #limits: Pick<TransportLimits, "strangerMs" | "maxConnections">;
  readonly #guests = new Map<string, Guest>();
  /** Connections that were cut off because of it. */
  #turnedAway = 0;

  constructor(limits: Pick<TransportLimits, "strangerMs" | "maxConnections">) {
    this.#limits = limits;
  }

  get turnedAway(): number {
    return this.#turnedAway;
  }

  /** @returns whether there is room for it; a connection without it is gone */
  admit(socket: Socket): boolean {
    socket.on("error", () => {});
    if (this.#guests.size >= this.#limits.maxConnections) {
      this.#turnAway(socket);
      return false;
    }
    const peer = peerOf(socket);
    const timer = setTimeout(() => this.#turnAway(socket), this.#limits.strangerMs);
    this.#guests.set(peer, { socket, timer });
    socket.once("close", () => {
      clearTimeout(timer);
      // Its port may be another connection's by now.
      if (this.#guests.get(peer)?.socket === socket) this.#guests.delete(peer);
    });
    return true;
  }

  /** It has proven who it is. */
  vouch(peer: string): void {
    const guest = this.#guests.get(peer);
    if (guest === undefined || guest.timer === null) return;
    clearTimeout(guest.timer);
    guest.timer = null;
  }

  /** Ends a connection, whatever is under way on it. */
  cut(peer: string): void {
    this.#guests.get(peer)?.socket.destroy();
  }

  cutAll(): void {
    for (const { socket } of this.#guests.values()) socket.destroy();
  }

  #turnAway(socket: Socket): void {
    this.#turnedAway += 1;
    socket.destroy();
  }
}
