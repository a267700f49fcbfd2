import { STATUS_CODES } from "node:http";
import type { UnixConnection } from "../../kernel/index.ts";
import type { Patience } from "./patience.ts";

/** A request as it came, and how to reply to it. */
export interface ShortRequest {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: Buffer;
}

/** What is asked of a connection, one request after the other. @returns the reply whole, its head included */
export type ShortHandler = (request: ShortRequest) => Promise<string>;

/** Where a job is asked for, and a tool call. */
export const jobsPath = "/v1/runs";
const callsPath = "/v1/tools";
const mostHeadBytes = 8 * 1024;

const goOn = "HTTP/1.1 100 Continue\r\n\r\n";

/** RFC 2518: the reply is not ready, and will come. A client that hears nothing for five seconds takes the guard for dead. */
const processing = "HTTP/1.1 102 Processing\r\n\r\n";
const aliveEveryMs = 1000;

/** What the native client's first request begins with: of whoever asks for a job, and of its own tool calls alone. */
const beginnings = { jobs: `POST ${jobsPath}`, calls: `POST ${callsPath} HTTP/1.1\r\nhost: guard\r\n` } as const;
const longestBeginning = Math.max(...Object.values(beginnings).map(({ length }) => length));

/** Who has begun a connection with these bytes; null: none of those who speak no more HTTP than is spoken here. */
export function shortClientOf(bytes: Uint8Array): keyof typeof beginnings | null {
  const first = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(longestBeginning, bytes.length)).toString(
    "latin1",
  );
  if (first.startsWith(beginnings.jobs)) return "jobs";
  return first.startsWith(beginnings.calls) ? "calls" : null;
}

interface Head {
  readonly method: string;
  readonly path: string;
  readonly authorization: string | undefined;
  /** What the client waits for before it sends the body (RFC 9110, 10.1.1). */
  readonly expect: string | undefined;
  readonly bodyBytes: number;
}

/** The status of what is no request; no other is read after it, for nobody knows where it would begin. */
type Refused = 400 | 413 | 417 | 431;

const lengthLine = /\r\ncontent-length: *(\d{1,9})(?=\r\n|$)/i;
const authorizationLine = /\r\nauthorization: *([^\r]*)/i;

const expectLine = /\r\nexpect: *([^\r]*)/i;

/** Null for what is none, or has a body of unknown length. */
function readHead(text: string): Head | null {
  const [method = "", path = "", version] = text.slice(0, text.indexOf("\r\n")).split(" ");
  const bodyBytes = Number(lengthLine.exec(text)?.[1] ?? Number.NaN);
  if (version !== "HTTP/1.1" || !path.startsWith("/") || Number.isNaN(bodyBytes)) return null;
  const expect = expectLine.exec(text)?.[1]?.toLowerCase();
  return { method, path, authorization: authorizationLine.exec(text)?.[1], expect, bodyBytes };
}

interface ShortHttpOptions {
  readonly mostBodyBytes: number;
  /** The end of the connection is the end of what is asked for on it, be it under way. */
  readonly endsWithConnection: boolean;
  readonly handle: ShortHandler;
  readonly patience: Patience;
  /** Told once when the connection is no more. */
  readonly onClose: () => void;
}

/**
 * As much of HTTP/1.1 as the native client speaks: a request line, headers, a body of known length, one request after the other.
 * Node's own server takes half a millisecond for each, which a short job is as long as.
 */
export class ShortHttp {
  readonly #connection: UnixConnection;
  readonly #handle: ShortHandler;
  readonly #mostBodyBytes: number;
  readonly #endsWithConnection: boolean;
  readonly #onClose: () => void;
  readonly #patience: Patience;
  #waiting: Buffer = Buffer.alloc(0);
  #busy = false;
  #hasEnded = false;

  /** The other end has closed. */
  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  constructor(connection: UnixConnection, options: ShortHttpOptions) {
    const { mostBodyBytes, endsWithConnection, handle, patience, onClose } = options;
    this.#connection = connection;
    this.#endsWithConnection = endsWithConnection;
    this.#mostBodyBytes = mostBodyBytes;
    this.#handle = handle;
    this.#patience = patience;
    this.#onClose = onClose;
  }

  /** @param bytes valid during the call only */
  arrived(bytes: Uint8Array): void {
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    this.#next();
  }

  /** The other end closed. What a client of jobs had asked for before is done all the same: how a job ended must not get lost. */
  ended(): void {
    this.#hasEnded = true;
    if (this.#endsWithConnection) return this.destroy();
    if (!this.#busy) this.#next();
    if (!this.#busy) this.destroy();
  }

  destroy(): void {
    this.#connection.close();
    this.#onClose();
  }

  #next(): void {
    if (this.#busy) return this.#refuseFlood();
    const request = this.#cut();
    if (typeof request === "number") return this.#refuse(request);
    if (request !== null) return void this.#answer(request);
    if (this.#waiting.length > 0) this.#patience.arrived();
  }

  async #answer(request: ShortRequest): Promise<void> {
    this.#busy = true;
    this.#patience.asked();
    const alive = setInterval(() => void this.#connection.send(Buffer.from(processing)), aliveEveryMs).unref();
    const reply = await this.#handle(request);
    clearInterval(alive);
    if (!this.#connection.send(Buffer.from(reply, "utf8"))) {
      // Nobody is there to be told; what he had said by then is still to be read.
      this.#connection.drain();
      this.#hasEnded = true;
    }
    this.#busy = false;
    this.#patience.answered();
    this.#next();
    if (this.#hasEnded && !this.#busy) this.destroy();
  }

  /** Who sends ahead of the replies gets two requests' room. */
  #refuseFlood(): void {
    if (this.#waiting.length > 2 * (this.#mostBodyBytes + mostHeadBytes)) this.destroy();
  }

  #refuse(status: Refused): void {
    const head = `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`;
    this.#connection.send(Buffer.from(head));
    this.destroy();
  }

  /** The next request, when it is here whole. */
  #cut(): ShortRequest | Refused | null {
    const end = this.#waiting.indexOf("\r\n\r\n");
    if (end > mostHeadBytes || (end < 0 && this.#waiting.length > mostHeadBytes)) return 431;
    if (end < 0) return null;
    const read = readHead(this.#waiting.toString("latin1", 0, end));
    if (read === null) return 400;
    const { bodyBytes, expect, ...head } = read;
    const whole = end + 4 + bodyBytes;
    if (bodyBytes > this.#mostBodyBytes) return 413;
    if (expect !== undefined && expect !== "100-continue") return 417;
    if (this.#waiting.length < whole) {
      // Said once: when the head is here, and nothing behind it.
      if (expect !== undefined && this.#waiting.length === end + 4) this.#connection.send(Buffer.from(goOn));
      return null;
    }
    const body = this.#waiting.subarray(end + 4, whole);
    this.#waiting = this.#waiting.subarray(whole);
    return { ...head, body };
  }
}
