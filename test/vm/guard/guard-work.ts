/** Everything that a guard is asked to do at once, until it is killed in the middle of it. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { GuardClient } from "../../../src/guard/client/index.ts";
import type { Random } from "../../../src/policy/workload/index.ts";
import { sleep, until } from "../../shared/timing.ts";
import type { SessionLedger } from "./session-ledger.ts";
import { type GuardUnderTest, thinClient } from "./support.ts";

/** The session in which calls run; it is never frozen. */
const callSession = "calls";
/** The session of the file that is frozen and thawed. */
const frozenSession = "session_low";
const clientNames = ["c1", "c2", "c3"] as const;
const classes = ["high", "normal", "low"] as const;

/** Files that HUP brings in turns: a session comes and goes, another one changes. */
const fileOf = (memory: string, turn: boolean): string =>
  `version: 1\nmemory: { ${memory} }\nsessions: [{ name: ${callSession}, tools: { most_calls: 64 } }, { name: f1, class: ${turn ? "low" : "high"} }${turn ? ", { name: f2 }" : ""}]\n`;

export const workConfig = (memory: string): string => fileOf(memory, true);
/** Sessions that are there after any start, whichever file it was. */
export const fileSessions = ["session_high", frozenSession, callSession, "f1"] as const;
/** Those that are there after some. */
export const passingSessions = ["f2"] as const;

/** What the tests do to a guard at once. */
export class GuardWork {
  readonly #guard: GuardUnderTest;
  readonly #random: Random;
  readonly #ledger: SessionLedger;
  readonly #memory: string;
  readonly #clients = new Set<ChildProcess>();
  readonly #actors: readonly Promise<void>[];
  readonly #errors: unknown[] = [];
  #isOver = false;

  /** Begins. @param memory the key of that name of the file */
  constructor(guard: GuardUnderTest, random: Random, ledger: SessionLedger, memory: string) {
    this.#guard = guard;
    this.#random = random;
    this.#ledger = ledger;
    this.#memory = memory;
    this.#actors = [
      ...clientNames.map((name) => this.#keepOn((client) => this.#changeSession(client, name))),
      this.#keepOn((client) => this.#freeze(client)),
      this.#keepOn(() => this.#reload()),
      ...[1, 2, 3].map(() => this.#keepOn(() => this.#call())),
    ];
  }

  /** To be called in the tick in which the guard is killed: whatever fails later fails for that. */
  isOver(): void {
    this.#isOver = true;
  }

  /** Ends what is left of the clients, once the guard is dead. */
  async end(): Promise<void> {
    assert.ok(this.#isOver);
    for (const child of this.#clients) child.kill("SIGKILL");
    await Promise.all(this.#actors);
    if (this.#errors.length > 0) throw this.#errors[0];
  }

  /** A client has one connection, so that each actor is one of its own. */
  async #keepOn(step: (client: GuardClient) => Promise<void>): Promise<void> {
    const client = new GuardClient({ socket: this.#guard.socket });
    try {
      while (!this.#isOver) await step(client);
    } catch (thrown) {
      if (!this.#isOver) this.#errors.push(thrown);
    } finally {
      client.close();
    }
  }

  #one<T>(of: readonly T[]): T {
    return of[this.#random.below(of.length)] as T;
  }

  /** Makes, changes, freezes or removes a session: only one actor has it. */
  async #changeSession(client: GuardClient, name: string): Promise<void> {
    const sessionClass = this.#one(classes);
    if (!this.#ledger.has(name)) {
      await this.#ledger.makes(name, client.createSession({ name, class: sessionClass }));
      return;
    }
    const does = this.#one(["change", "freeze", "remove"] as const);
    if (does === "change") await client.updateSession(name, { class: sessionClass });
    else if (does === "remove") await this.#ledger.removes(name, client.removeSession(name, { kill: true }));
    else {
      await client.freezeSession(name);
      await client.thawSession(name);
    }
  }

  async #freeze(client: GuardClient): Promise<void> {
    await client.freezeSession(frozenSession);
    await sleep(this.#random.unit() * 30);
    await client.thawSession(frozenSession);
  }

  async #reload(): Promise<void> {
    const told = (): number => this.#guard.lines.filter(({ event }) => event === "RELOADED").length;
    const before = told();
    const turn = before % 2 === 1;
    writeFileSync(this.#guard.config, fileOf(this.#memory, turn));
    this.#guard.process.kill("SIGHUP");
    await until("the file to be read", () => this.#isOver || told() > before);
  }

  async #call(): Promise<void> {
    const stays = "echo runs; exec sleep 600";
    const [kind, script] = this.#one([
      ["short", "exit 0"],
      ["background", "setsid sleep 600 & sleep 600 & exit 0"],
      ["stays", stays],
      ["stays", `setsid sleep 600 & ${stays}`],
    ] as const);
    const words = ["tool", "run", "--session", callSession, "--socket", this.#guard.socket];
    const child = spawn(thinClient(), [...words, "--", "sh", "-c", script], { stdio: ["ignore", "pipe", "ignore"] });
    this.#clients.add(child);
    if (kind === "stays") child.stdout.once("data", () => this.#killLater(child));
    else child.stdout.resume();
    const [status] = (await once(child, "exit")) as [number | null];
    this.#clients.delete(child);
    if (kind !== "stays" && !this.#isOver) assert.equal(status, 0, script);
  }

  /** Some of those that stay are left to the guard's own end. */
  #killLater(child: ChildProcess): void {
    const delayMs = this.#random.unit() * 100;
    if (delayMs < 70) setTimeout(() => child.kill("SIGKILL"), delayMs);
  }
}
