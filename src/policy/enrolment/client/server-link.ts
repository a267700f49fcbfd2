import { connect, type Socket } from "node:net";
import type { Message } from "../wire/index.ts";
import { decodePayload, encodeFrame, FrameReader, ProtocolFault, protocolErrors } from "../wire/index.ts";
import { Backoff } from "./backoff.ts";
import { Outbox } from "./outbox.ts";

const outboxFrames = 256;
/** How long a server that accepted the connection may take to enrol us. */
const greetingMs = 3000;
/** Heartbeats of the server that may fail to come. */
const missedBeats = 4;

export interface LinkHandlers {
  /** The connection is made: say hello. */
  onUp(): void;
  onMessage(message: Message): void;
  /** The connection is lost; another attempt follows. */
  onDown(): void;
  onDropped(): void;
}

/**
 * A connection to the server that comes back: never waits, never throws into its user, and does not keep his process alive.
 *
 *   idle --start--> connecting --up--> up --lost--> waiting --backoff--> connecting; close ends it from anywhere
 */
export class ServerLink {
  readonly #paths: readonly string[];
  readonly #handlers: LinkHandlers;
  readonly #backoff = new Backoff();
  readonly #outbox: Outbox;
  #frames = new FrameReader();
  #socket: Socket | null = null;
  #timer: NodeJS.Timeout | null = null;
  #pathIndex = 0;
  #seq = 0;
  #beatsMissed = 0;
  #open = true;

  /** @param paths are tried in turn */
  constructor(paths: readonly string[], handlers: LinkHandlers) {
    this.#paths = paths;
    this.#handlers = handlers;
    this.#outbox = new Outbox(outboxFrames, () => handlers.onDropped());
  }

  start(): void {
    this.#after(0, () => this.#connect());
  }

  send(message: Message): void {
    this.#seq += 1;
    this.#outbox.push(encodeFrame(message, this.#seq));
  }

  /** The server took us: the next loss begins with the shortest delay again, and its heartbeats are expected from now on. */
  established(heartbeatMs: number): void {
    this.#backoff.reset();
    this.#beatsMissed = 0;
    if (this.#timer !== null) clearTimeout(this.#timer);
    // Counted, not timed: after a long turn of the event loop a heartbeat may lie in the socket, unread.
    this.#timer = setInterval(() => {
      this.#beatsMissed += 1;
      if (this.#beatsMissed > missedBeats) this.#lost();
    }, heartbeatMs);
    this.#timer.unref();
  }

  /** Gives this connection up; the next attempt comes after a delay, of the backoff unless one is given. */
  retry(delayMs?: number): void {
    this.#lost(delayMs);
  }

  /** What was sent before is still delivered. Idempotent. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#socket?.end();
    this.#socket = null;
    this.#outbox.connect(null);
  }

  #after(delayMs: number, run: () => void): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = setTimeout(run, delayMs);
    this.#timer.unref();
  }

  #connect(): void {
    if (!this.#open) return;
    const socket = connect({ path: this.#paths[this.#pathIndex % this.#paths.length] ?? "" });
    socket.unref();
    this.#socket = socket;
    this.#frames = new FrameReader();
    this.#after(greetingMs, () => this.#lost());
    socket.on("connect", () => {
      if (this.#socket !== socket) return;
      this.#seq = 0;
      this.#outbox.connect(socket);
      this.#handlers.onUp();
    });
    socket.on("data", (bytes: Buffer) => {
      if (this.#socket === socket) this.#take(bytes);
    });
    socket.on("drain", () => {
      if (this.#socket === socket) this.#outbox.flush();
    });
    // `close` follows.
    socket.on("error", () => {});
    socket.on("close", () => {
      if (this.#socket === socket) this.#lost();
    });
  }

  #take(bytes: Buffer): void {
    this.#beatsMissed = 0;
    try {
      for (const { type, seq, payload } of this.#frames.push(bytes)) this.#decode(type, seq, payload);
    } catch (thrown) {
      if (!(thrown instanceof ProtocolFault)) throw thrown;
      this.#lost();
    }
  }

  #decode(type: number, seq: number, payload: Uint8Array): void {
    try {
      this.#handlers.onMessage(decodePayload(type, payload));
    } catch (thrown) {
      if (!(thrown instanceof ProtocolFault) || protocolErrors[thrown.code].closes) throw thrown;
      this.send({ kind: "error", seq, code: thrown.code, message: thrown.message });
    }
  }

  #lost(delayMs?: number): void {
    if (!this.#open) return;
    const wasUp = this.#socket !== null && !this.#socket.connecting;
    this.#socket?.destroy();
    this.#socket = null;
    this.#outbox.connect(null);
    this.#pathIndex += 1;
    // The other places first, then a pause.
    const another = !wasUp && this.#pathIndex % this.#paths.length !== 0;
    this.#after(another ? 0 : (delayMs ?? this.#backoff.next(Math.random())), () => this.#connect());
    this.#handlers.onDown();
  }
}
