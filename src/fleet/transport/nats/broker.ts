import type { CorralError } from "../../../report/index.ts";
import type { TransportLimits } from "../limits.ts";
import { formatBrokerAddress } from "./broker-address.ts";
import type { BrokerOptions } from "./broker-login.ts";
import { loginOptions } from "./broker-login.ts";
import { brokerError } from "./failures.ts";
import type { Letter } from "./letter.ts";
import { headBytes, noBytes, writeHead } from "./letter.ts";
import { LetterStore } from "./letter-store.ts";
import type { Msg, NatsConnection } from "./nats-client.ts";
import { connect, createInbox, PermissionViolationError } from "./nats-client.ts";
import type { Subjects } from "./subjects.ts";
import { subjectsOf } from "./subjects.ts";

/** How long what was said last may take to be written before a connection is closed. */
const farewellMs = 500;

/** What happens to a connection: it was lost, is there again, or the broker forbids what was asked of it. */
export type BrokerNews = "away" | "back" | CorralError;

/** A connection to a broker, which comes again by itself; and the subjects of one fleet there. */
export class Broker {
  /** Where it is, for people. */
  readonly where: string;
  readonly subjects: Subjects;
  readonly store: LetterStore;
  readonly #limits: TransportLimits;
  readonly #connection: NatsConnection;
  readonly #watchers = new Set<(news: BrokerNews) => void>();
  #awaySinceMs: number | null = null;
  #mostBytes = 0;

  constructor(connection: NatsConnection, { address, fleet, limits }: BrokerOptions) {
    this.where = formatBrokerAddress(address);
    this.subjects = subjectsOf(fleet);
    this.store = new LetterStore(connection, this.subjects);
    this.#connection = connection;
    this.#limits = limits;
    this.#learn();
    void this.#watch();
  }

  /** How long it has been away; null: it is there. */
  get awayMs(): number | null {
    return this.#awaySinceMs === null ? null : performance.now() - this.#awaySinceMs;
  }

  /** What a letter may have in it. */
  get maxLetterBytes(): number {
    return Math.min(this.#limits.maxMessageBytes, this.#mostBytes - headBytes);
  }

  /** Settles when it does not come again: it was closed, or does not let us in any more. Why; null: we have closed it. */
  get closed(): Promise<Error | null> {
    return this.#connection.closed().then((error) => error ?? null);
  }

  /** What it says of itself: whether it asks callers who they are. */
  get manners(): { readonly auth_required?: boolean; readonly tls_verify?: boolean } {
    return this.#connection.info ?? {};
  }

  /** @returns what ends it */
  watch(watcher: (news: BrokerNews) => void): () => void {
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** @returns what ends it */
  listen(subject: string, take: (message: Msg) => void): () => void {
    const subscription = this.#connection.subscribe(subject, {
      callback: (error, message) => {
        if (error === null) take(message);
      },
    });
    return () => subscription.unsubscribe();
  }

  /** Listens to answers. @returns where they go, and what ends it */
  listenApart(take: (message: Msg) => void): { readonly subject: string; readonly end: () => void } {
    const subject = createInbox();
    return { subject, end: this.listen(subject, take) };
  }

  /** One question and its answer. Rejects with an error of the library. */
  ask(subject: string, bytes: Uint8Array, timeoutMs: number): Promise<Msg> {
    return this.#connection.request(subject, bytes, { timeout: timeoutMs });
  }

  askForLife(subject: string, beat: Letter, timeoutMs: number): Promise<Msg> {
    return this.#connection.request(subject, noBytes, { timeout: timeoutMs, headers: writeHead(beat) });
  }

  /** Settles when the broker has it. */
  async pass(subject: string, letter: Letter): Promise<void> {
    this.#connection.publish(subject, letter.bytes, { headers: writeHead(letter) });
    await this.#connection.flush();
  }

  /** Says it once, to whoever listens now. */
  tell(subject: string, letter: Letter): void {
    if (!this.#connection.isClosed()) this.#connection.publish(subject, letter.bytes, { headers: writeHead(letter) });
  }

  /** Says it to whoever listens now; answers go to `reply`. */
  call(subject: string, bytes: Uint8Array, reply?: string): void {
    if (this.#connection.isClosed()) return;
    this.#connection.publish(subject, bytes, reply === undefined ? {} : { reply });
  }

  /** Never rejects. */
  async close(): Promise<void> {
    if (this.#connection.isClosed()) return;
    const over = new Promise((resolve) => {
      setTimeout(resolve, farewellMs).unref();
    });
    if (this.#awaySinceMs === null) await Promise.race([this.#connection.flush().catch(() => {}), over]);
    await this.#connection.close();
  }

  #learn(): void {
    this.#mostBytes = this.#connection.info?.max_payload ?? this.#mostBytes;
  }

  async #watch(): Promise<void> {
    for await (const status of this.#connection.status()) {
      if (status.type === "disconnect" && this.#awaySinceMs === null) {
        this.#awaySinceMs = performance.now();
        this.#spread("away");
      } else if (status.type === "reconnect") {
        this.#awaySinceMs = null;
        this.#learn();
        this.#spread("back");
      } else if (status.type === "error" && status.error instanceof PermissionViolationError) {
        this.#spread(brokerError(this.where, status.error));
      }
    }
  }

  #spread(news: BrokerNews): void {
    for (const watcher of [...this.#watchers]) watcher(news);
  }
}

/**
 * Comes by a broker, and sees to it that it keeps letters.
 * @throws CorralError FLEET_UNREACHABLE, FLEET_DENIED, FLEET_INSECURE, FLEET_CREDENTIALS, USAGE
 */
export async function connectBroker(options: BrokerOptions): Promise<Broker> {
  try {
    const connection = await connect(loginOptions(options));
    const broker = new Broker(connection, options);
    try {
      await broker.store.ensure();
      return broker;
    } catch (thrown) {
      await connection.close();
      throw thrown;
    }
  } catch (thrown) {
    throw brokerError(formatBrokerAddress(options.address), thrown);
  }
}
