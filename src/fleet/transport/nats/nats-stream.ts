import type { CorralError } from "../../../report/index.ts";
import type { StreamCodec } from "../codecs.ts";
import type { TransportLimits } from "../limits.ts";
import type { FleetStream, StreamListener } from "../stream.ts";
import type { Broker } from "./broker.ts";
import { givenUpError, isNobodyThere, lostError, tooLargeError } from "./failures.ts";
import { Inbox } from "./inbox.ts";
import type { Letter, LetterKind } from "./letter.ts";
import { noBytes, readLetter, writeHead } from "./letter.ts";
import type { Msg } from "./nats-client.ts";
import { Outbox } from "./outbox.ts";
import { Pulse } from "./pulse.ts";
import type { Lane } from "./subjects.ts";

/** What a stream of either side is made of. */
export interface StreamParts<Said, Heard> {
  readonly peer: string;
  readonly codec: StreamCodec<Said, Heard>;
  /** What must arrive. Of the rest a later one replaces what was lost. */
  readonly isKept: (said: Said) => boolean;
  readonly limits: TransportLimits;
  /** Nothing of it is left. */
  readonly onGone: () => void;
}

/** Where a stream talks. */
export interface Place {
  readonly broker: Broker;
  readonly say: Lane;
  readonly hear: Lane;
}

const lookMs = 1000;
const askMs = 900;
const absentMs = 5000;
const againMs = 250;

const pause = (): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, againMs).unref();
  });

/**
 * One side of a stream over a broker. It lives through the loss of either side's connection, and of the broker: what must
 * arrive waits, and is kept for the other side. It is lost when the other side is not at the broker for a while, or silent.
 */
export class NatsStream<Said, Heard> implements FleetStream<Said> {
  readonly peer: string;
  readonly #parts: StreamParts<Said, Heard>;
  readonly #inbox: Inbox;
  readonly #outbox: Outbox;
  readonly #pulse: Pulse;
  #listener: StreamListener<Heard> | null = null;
  #place: Place | null = null;
  #mostBytes: number;
  #isClosing = false;
  #hasEnded = false;
  #isGone = false;
  #cutWhy: string | null = null;
  #closeTimer: NodeJS.Timeout | undefined;
  readonly #ends: (() => void)[] = [];
  readonly #gone: Promise<void>;
  #markGone: () => void = () => {};

  constructor(parts: StreamParts<Said, Heard>) {
    this.peer = parts.peer;
    this.#parts = parts;
    this.#mostBytes = parts.limits.maxMessageBytes;
    this.#gone = new Promise((resolve) => {
      this.#markGone = resolve;
    });
    this.#inbox = new Inbox({
      deliver: (letter) => this.#read(letter),
      fetch: async () => (await this.#place?.broker.store.fetch(this.#place.hear.kept)) ?? [],
      pause,
    });
    this.#outbox = new Outbox({
      post: { keep: (letter) => this.#keep(letter), pass: (letter) => this.#pass(letter) },
      pause,
      onClear: () => this.#cleared(),
    });
    this.#pulse = new Pulse({
      limits: { lookMs, absentMs, silentMs: this.#silentMs },
      ask: () => this.#askForLife(),
      brokerAwayMs: () => this.#place?.broker.awayMs ?? null,
      onLost: (why) => void this.#lose(why),
    });
  }

  get isClear(): boolean {
    return this.#outbox.isClear;
  }

  /** Whether nobody wants it any more. */
  get isOver(): boolean {
    return this.#isGone || this.#cutWhy !== null;
  }

  /** Who hears it. */
  hear(listener: StreamListener<Heard>): void {
    this.#listener = listener;
  }

  /** The other side has taken it: from here on letters come and go. */
  open(place: Place): void {
    const { broker, hear } = place;
    this.#place = place;
    this.#mostBytes = broker.maxLetterBytes;
    for (const subject of [hear.kept, hear.live])
      this.#ends.push(broker.listen(subject, (message) => this.#take(message)));
    this.#ends.push(
      broker.watch((news) => {
        if (news === "back") void this.#inbox.fetch();
      }),
    );
    void broker.closed.then((error) => this.#breakOff(error?.message ?? "the connection was closed", false));
    this.#listener?.opened?.();
    this.#pulse.start();
    const { largestBytes } = this.#outbox;
    if (largestBytes > this.#mostBytes) this.#giveUp(tooLargeError(this.peer, largestBytes, this.#mostBytes));
    else this.#outbox.open();
  }

  /** The other side has not taken it. */
  refuse(error: CorralError): void {
    this.#finish(error);
    this.#leave();
  }

  send(message: Said): void {
    if (this.#hasEnded || this.#isClosing) return;
    const { codec, isKept } = this.#parts;
    const bytes = codec.encode(message);
    if (bytes.length > this.#mostBytes) throw tooLargeError(this.peer, bytes.length, this.#mostBytes);
    this.#outbox.add("message", bytes, isKept(message));
    if (this.#outbox.waitingBytes > 2 * this.#mostBytes) this.cut("what it is to be told cannot be passed on");
  }

  close(): Promise<void> {
    if (this.#isClosing || this.#hasEnded) return this.#gone;
    if (this.#place === null) {
      this.cut("it was closed");
      return this.#gone;
    }
    this.#sayEnd();
    return this.#gone;
  }

  cut(why: string): void {
    if (this.#isGone || this.#cutWhy !== null) return;
    this.#isClosing = true;
    this.#cutWhy = why;
    setImmediate(() => this.#breakOff(why, true));
  }

  /** What must arrive may wait for the broker; the other side's end may not take long after that. */
  #sayEnd(): void {
    this.#isClosing = true;
    this.#outbox.add("end", noBytes, true);
    this.#limitClose(this.#silentMs);
  }

  #limitClose(ms: number): void {
    clearTimeout(this.#closeTimer);
    this.#closeTimer = setTimeout(() => this.cut(`it did not end within ${ms} ms`), ms);
  }

  #cleared(): void {
    if (this.#isClosing && this.#hasEnded) this.#leave();
    else if (this.#isClosing) this.#limitClose(this.#parts.limits.closeMs);
    else this.#listener?.cleared?.();
  }

  #take(message: Msg): void {
    this.#pulse.heard();
    const letter = readLetter(message.headers, message.data);
    if (typeof letter === "string") {
      if (!this.#hasEnded) this.#listener?.garbled(letter);
      return;
    }
    if (letter.kind === "beat") message.respond(noBytes, { headers: writeHead(this.#letter("beat")) });
    this.#inbox.take(letter);
  }

  #read({ kind, bytes }: Letter): void {
    if (this.#hasEnded || this.#cutWhy !== null) return;
    if (kind === "end") this.#hearEnd();
    else if (kind === "cut") this.#breakOff(Buffer.from(bytes).toString("utf8"), false);
    else if (kind === "message") this.#hearMessage(bytes);
  }

  #hearMessage(bytes: Uint8Array): void {
    const message = this.#parts.codec.decode(bytes);
    if (typeof message === "string") this.#listener?.garbled(message);
    else this.#listener?.message(message);
  }

  #hearEnd(): void {
    this.#finish(null);
    if (!this.#isClosing) this.#sayEnd();
    else if (this.#outbox.isClear) this.#leave();
  }

  async #askForLife(): Promise<"alive" | "absent" | "unknown"> {
    if (this.#place === null) return "unknown";
    const { broker, say } = this.#place;
    try {
      const { headers, data } = await broker.askForLife(say.live, this.#letter("beat"), askMs);
      const answer = readLetter(headers, data);
      if (typeof answer !== "string") this.#inbox.take(answer);
      return "alive";
    } catch (thrown) {
      return isNobodyThere(thrown) ? "absent" : "unknown";
    }
  }

  /** Its last words may be at the broker. */
  async #lose(why: string): Promise<void> {
    await this.#inbox.fetch();
    if (!this.#hasEnded) this.#breakOff(why, true);
    else if (!this.#isGone) this.#leave();
  }

  #breakOff(why: string, tellsPeer: boolean): void {
    if (this.#isGone) return;
    if (tellsPeer && this.#place !== null) this.#place.broker.tell(this.#place.say.live, this.#letter("cut", why));
    this.#finish(this.#place === null ? givenUpError(this.peer, why) : lostError(this.peer, why));
    this.#leave();
  }

  #giveUp(error: CorralError): void {
    this.#place?.broker.tell(this.#place.say.live, this.#letter("cut", error.message));
    setImmediate(() => {
      this.#finish(error);
      this.#leave();
    });
  }

  /** Nothing more comes. */
  #finish(error: CorralError | null): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    this.#listener?.ended(error);
  }

  /** Nothing of it is left. */
  #leave(): void {
    if (this.#isGone) return;
    this.#isGone = true;
    this.#isClosing = true;
    clearTimeout(this.#closeTimer);
    this.#pulse.stop();
    this.#inbox.stop();
    this.#outbox.stop();
    for (const end of this.#ends.splice(0)) end();
    this.#parts.onGone();
    this.#markGone();
  }

  /** One that is not counted. */
  #letter(kind: LetterKind, text = ""): Letter {
    return { kind, number: 0, after: this.#outbox.kept, bytes: Buffer.from(text) };
  }

  async #keep(letter: Letter): Promise<void> {
    await this.#place?.broker.store.keep(this.#place.say.kept, letter);
  }

  async #pass(letter: Letter): Promise<void> {
    await this.#place?.broker.pass(this.#place.say.live, letter);
  }

  get #silentMs(): number {
    const { keepaliveMs, keepaliveAnswerMs } = this.#parts.limits;
    return keepaliveMs + keepaliveAnswerMs;
  }
}
