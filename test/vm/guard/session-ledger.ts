import assert from "node:assert/strict";

/** Where a session that clients ask for must be after the guard was killed. */
type Account = "there" | "gone" | "either";

/** What was promised to clients of their sessions, so that it can be compared with what a killed guard's successor has. */
export class SessionLedger {
  readonly #accounts = new Map<string, Account>();
  readonly #always: readonly string[];
  readonly #sometimes: readonly string[];

  /** @param always sessions that need not be asked for @param sometimes those that come and go with the file */
  constructor(always: readonly string[], sometimes: readonly string[]) {
    this.#always = always;
    this.#sometimes = sometimes;
  }

  has(name: string): boolean {
    return this.#accounts.get(name) === "there";
  }

  async makes(name: string, answer: Promise<unknown>): Promise<void> {
    this.#accounts.set(name, "either");
    await answer;
    this.#accounts.set(name, "there");
  }

  async removes(name: string, answer: Promise<unknown>): Promise<void> {
    this.#accounts.set(name, "either");
    await answer;
    this.#accounts.set(name, "gone");
  }

  /** Compares, and takes what is there for what holds from now on. */
  settle(names: readonly string[]): void {
    const others = names.filter((name) => !this.#always.includes(name) && !this.#sometimes.includes(name));
    assert.deepEqual(
      this.#always.filter((name) => !names.includes(name)),
      [],
      "sessions of the file that are not there",
    );
    for (const name of others) assert.ok(this.#accounts.has(name), `the session ${name} that nobody asked for`);
    for (const [name, account] of this.#accounts) {
      const isThere = others.includes(name);
      if (account !== "either") assert.equal(isThere, account === "there", `the session ${name} is to be ${account}`);
      this.#accounts.set(name, isThere ? "there" : "gone");
    }
  }
}
