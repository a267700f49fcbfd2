import { CorralError } from "../../../report/index.ts";
import type { Letter } from "./letter.ts";
import { readLetter, writeHead } from "./letter.ts";
import type { JetStreamClient, JetStreamManager, NatsConnection } from "./nats-client.ts";
import { JetStreamApiCodes, JetStreamApiError, jetstream, jetstreamManager } from "./nats-client.ts";
import type { Subjects } from "./subjects.ts";

/** For one answer of the broker. */
const answerMs = 2000;

/** What nobody has taken away is gone after this. */
const keptMs = 3_600_000;
const nsPerMs = 1_000_000;

const isCode = (thrown: unknown, code: number): boolean => thrown instanceof JetStreamApiError && thrown.code === code;

/**
 * What the broker keeps of a fleet's streams, in one stream of JetStream. It is made by who comes first; one that was made
 * by hand, with more replicas say, is used as it is.
 */
export class LetterStore {
  readonly #subjects: Subjects;
  readonly #connection: NatsConnection;
  readonly #client: JetStreamClient;
  #manager: JetStreamManager | null = null;

  constructor(connection: NatsConnection, subjects: Subjects) {
    this.#connection = connection;
    this.#subjects = subjects;
    this.#client = jetstream(connection, { timeout: answerMs });
  }

  /** Sees to it that there is one. @throws CorralError FLEET_UNREACHABLE, and errors of the library */
  async ensure(): Promise<void> {
    const { store, stored } = this.#subjects;
    const takes = await this.#subjectsOfStore();
    if (takes === null) await this.#make();
    else if (!stored.every((subject) => takes.includes(subject)))
      throw new CorralError("FLEET_UNREACHABLE", `the stream ${store} of the broker is for something else`, {
        object: store,
        found: takes.join(" "),
        fix: `let it take ${stored.join(" and ")}, or remove it`,
      });
  }

  /** Settles when the broker keeps the letter. */
  async keep(subject: string, letter: Letter): Promise<void> {
    try {
      await this.#client.publish(subject, letter.bytes, { headers: writeHead(letter), timeout: answerMs });
    } catch (thrown) {
      // A broker that has lost everything has no place for it.
      await this.ensure().catch(() => {});
      throw thrown;
    }
  }

  /** All that it keeps of a subject, in order. */
  async fetch(subject: string): Promise<readonly Letter[]> {
    const manager = await this.#management();
    const letters: Letter[] = [];
    for (let next = 1; ; ) {
      const stored = await nextOf(manager, this.#subjects.store, subject, next);
      if (stored === null) return letters;
      const letter = readLetter(stored.header, stored.data);
      if (typeof letter !== "string") letters.push(letter);
      next = stored.seq + 1;
    }
  }

  /** Takes away what it keeps of subjects. Never rejects: what stays is gone after an hour. */
  async remove(subjects: string): Promise<void> {
    try {
      await (await this.#management()).streams.purge(this.#subjects.store, { filter: subjects });
    } catch {
      // It is not ours to say so, or the broker is away.
    }
  }

  /** What the store takes; null: there is none. */
  async #subjectsOfStore(): Promise<readonly string[] | null> {
    const manager = await this.#management();
    try {
      return (await manager.streams.info(this.#subjects.store)).config.subjects ?? [];
    } catch (thrown) {
      if (isCode(thrown, JetStreamApiCodes.StreamNotFound)) return null;
      throw thrown;
    }
  }

  /** In a cluster three servers keep it, where there are as many. */
  async #make(): Promise<void> {
    let refusal: JetStreamApiError | null = null;
    for (const replicas of this.#connection.info?.cluster === undefined ? [1] : [3, 1]) {
      try {
        await this.#makeOf(replicas);
        return;
      } catch (thrown) {
        if (!(thrown instanceof JetStreamApiError)) throw thrown;
        // Somebody else may have made it meanwhile, in another way.
        if ((await this.#subjectsOfStore()) !== null) return;
        refusal = thrown;
      }
    }
    if (refusal !== null) throw refusal;
  }

  async #makeOf(replicas: number): Promise<void> {
    const { store, stored } = this.#subjects;
    const manager = await this.#management();
    await manager.streams.add({
      name: store,
      subjects: [...stored],
      max_age: keptMs * nsPerMs,
      num_replicas: replicas,
    });
  }

  async #management(): Promise<JetStreamManager> {
    this.#manager ??= await jetstreamManager(this.#connection, { timeout: answerMs });
    return this.#manager;
  }
}

async function nextOf(
  manager: JetStreamManager,
  store: string,
  subject: string,
  from: number,
): ReturnType<JetStreamManager["streams"]["getMessage"]> {
  // The first of the subject from there on.
  const query = { seq: from, next_by_subj: subject };
  try {
    return await manager.streams.getMessage(store, query);
  } catch (thrown) {
    if (isCode(thrown, JetStreamApiCodes.NoMessageFound)) return null;
    throw thrown;
  }
}
