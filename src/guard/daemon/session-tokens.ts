import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { GuardEvent } from "./guard-event.ts";
import type { StateFile } from "./state-file.ts";

/** What is kept of a token: not the token. */
export interface StoredToken {
  /** SHA-256 of the token, in hexadecimal digits. It has 256 random bits, so that no salt and no slow hash are needed. */
  readonly sha256: string;
  /** Whose session it was then; another owner's it does not open. */
  readonly owner: number;
}

export interface StoredTokens {
  readonly tokens: Readonly<Record<string, StoredToken>>;
}

const prefix = "corral_";
const digest = (text: string): Buffer => createHash("sha256").update(text, "utf8").digest();

/** The tokens by which clients outside of a session act for it; one for each session at most. */
export class SessionTokens {
  readonly #file: Pick<StateFile<StoredTokens>, "read" | "write">;
  readonly #tokens: Map<string, StoredToken>;

  constructor(file: Pick<StateFile<StoredTokens>, "read" | "write">) {
    this.#file = file;
    this.#tokens = new Map(Object.entries(file.read()?.tokens ?? {}));
  }

  /** Makes a token for a session; an earlier one is worth nothing from now on. @throws CorralError STATE_UNWRITABLE */
  issue(session: string, owner: number): string {
    const token = `${prefix}${randomBytes(32).toString("base64url")}`;
    this.#tokens.set(session, { sha256: digest(token).toString("hex"), owner });
    this.#save();
    return token;
  }

  /** @returns whether there was one @throws CorralError STATE_UNWRITABLE */
  revoke(session: string): boolean {
    const was = this.#tokens.delete(session);
    if (was) this.#save();
    return was;
  }

  /**
   * The session that a token opens; null: none. Every token is compared, in constant time.
   * @param ownerOf of a session that exists
   */
  sessionOf(token: string, ownerOf: (session: string) => number | null): string | null {
    const given = digest(token);
    let found: string | null = null;
    for (const [session, { sha256, owner }] of this.#tokens) {
      const fits = timingSafeEqual(given, Buffer.from(sha256, "hex"));
      if (fits && ownerOf(session) === owner) found = session;
    }
    return found;
  }

  /** A token ends with its session, and none opens a later one of the same name. @throws CorralError STATE_UNWRITABLE */
  readonly heed = (event: GuardEvent): void => {
    const isNew = event.event === "SESSION_CREATED" && !event.adopted;
    if (isNew || event.event === "SESSION_REMOVED") this.revoke(event.session);
  };

  #save(): void {
    this.#file.write({ tokens: Object.fromEntries(this.#tokens) });
  }
}
