import { CorralError } from "../../../report/index.ts";
import type { StreamCodec } from "../codecs.ts";
import type { TransportLimits } from "../limits.ts";
import type { FleetStream, StreamListener } from "../stream.ts";

/** What calls of a client and of a server have in common: whole messages as bytes. */
export interface MessageCall {
  on(event: "data", take: (bytes: Buffer) => void): unknown;
  write(bytes: Buffer, written: () => void): boolean;
  end(): unknown;
}

/** What a stream of either side is made of. */
export interface StreamParts<Said, Heard> {
  readonly peer: string;
  readonly call: MessageCall;
  readonly codec: StreamCodec<Said, Heard>;
  readonly limits: TransportLimits;
  /** Ends the call at once. */
  readonly cutCall: (why: string) => void;
}

/** For a message that waits, beside its bytes. */
const messageOverheadBytes = 64;

/** One side of a gRPC stream; who owns the call tells it of the end. */
export class GrpcStream<Said, Heard> implements FleetStream<Said> {
  readonly peer: string;
  readonly #parts: StreamParts<Said, Heard>;
  #listener: StreamListener<Heard> | null = null;
  #waitingBytes = 0;
  #isClosing = false;
  #hasEnded = false;
  #cutWhy: string | null = null;
  readonly #gone: Promise<void>;
  #markGone: () => void = () => {};

  constructor(parts: StreamParts<Said, Heard>) {
    this.peer = parts.peer;
    this.#parts = parts;
    this.#gone = new Promise((resolve) => {
      this.#markGone = resolve;
    });
  }

  get isClear(): boolean {
    return this.#waitingBytes === 0;
  }

  /** Why this side has cut it; null: it has not. */
  get cutWhy(): string | null {
    return this.#cutWhy;
  }

  get isClosing(): boolean {
    return this.#isClosing;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** From here on messages are heard. */
  hear(listener: StreamListener<Heard>): void {
    this.#listener = listener;
    this.#parts.call.on("data", (bytes: Buffer) => this.#take(bytes));
  }

  send(message: Said): void {
    if (this.#hasEnded || this.#isClosing) return;
    const { call, codec, limits } = this.#parts;
    const encoded = codec.encode(message);
    const bytes = Buffer.from(encoded.buffer, encoded.byteOffset, encoded.byteLength);
    if (bytes.length > limits.maxMessageBytes)
      throw new CorralError(
        "FLEET_MESSAGE",
        `a message of ${bytes.length} bytes is larger than ${limits.maxMessageBytes}`,
        { object: this.peer, fix: "make the configuration smaller" },
      );
    const waits = bytes.length + messageOverheadBytes;
    this.#waitingBytes += waits;
    call.write(bytes, () => this.#written(waits));
    // Who asks and does not listen would fill our memory.
    if (this.#waitingBytes > 2 * limits.maxMessageBytes) this.cut("what it asked for is not read");
  }

  close(): Promise<void> {
    if (this.#isClosing) return this.#gone;
    this.#isClosing = true;
    this.#parts.call.end();
    const { closeMs } = this.#parts.limits;
    const timer = setTimeout(() => this.cut(`it did not end within ${closeMs} ms`), closeMs);
    void this.#gone.then(() => clearTimeout(timer));
    return this.#gone;
  }

  cut(why: string): void {
    if (this.#hasEnded && this.#isClosing) return;
    this.#isClosing = true;
    this.#cutWhy ??= why;
    setImmediate(() => this.#parts.cutCall(why));
  }

  /** The other side has taken the stream. */
  open(): void {
    if (!this.#hasEnded) this.#listener?.opened?.();
  }

  /** Nothing more comes. */
  end(error: CorralError | null): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#listener?.ended(error);
  }

  /** Nothing of the call is left. */
  leave(): void {
    this.#markGone();
  }

  #take(bytes: Buffer): void {
    if (this.#hasEnded || this.#cutWhy !== null) return;
    const message = this.#parts.codec.decode(bytes);
    if (typeof message === "string") this.#listener?.garbled(message);
    else this.#listener?.message(message);
  }

  #written(bytes: number): void {
    this.#waitingBytes -= bytes;
    if (this.#waitingBytes === 0 && !this.#hasEnded) this.#listener?.cleared?.();
  }
}
