import { Duplex } from "node:stream";
import type { UnixConnection, UnixPeer } from "../../kernel/index.ts";

/** A connection of unix(7) as a stream, with who is at its other end. What arrives is handed to it. */
export class PeerStream extends Duplex {
  readonly peer: UnixPeer;
  readonly #connection: UnixConnection;

  constructor(connection: UnixConnection) {
    super();
    this.#connection = connection;
    this.peer = connection.peer;
  }

  /** @param bytes valid during the call only */
  arrived(bytes: Uint8Array): void {
    this.push(Uint8Array.from(bytes));
  }

  /** The other end closed. */
  ended(): void {
    this.push(null);
    this.destroy();
  }

  override _read(): void {
    // What arrives is pushed; a request is small, and a connection that sends more is ended by the reader.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    done(this.#connection.send(chunk) ? null : new Error("the other end does not read"));
  }

  override _final(done: (error?: Error | null) => void): void {
    done();
    this.destroy();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#connection.close();
    done(error);
  }
}
