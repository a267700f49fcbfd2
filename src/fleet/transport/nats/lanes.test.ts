import { expect, test } from "vitest";
import { Inbox } from "./inbox.ts";
import type { Letter } from "./letter.ts";
import { noBytes } from "./letter.ts";
import { Outbox } from "./outbox.ts";

/** Lets all that is under way go on. */
const settle = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });

/** A broker that both sides can lose: what is kept stays, what is passed on is heard by who listens. */
class TestBroker {
  readonly kept: Letter[] = [];
  readonly heard: string[] = [];
  isAway = false;
  listens = true;
  /** So many letters arrive and the answer does not. */
  answersLost = 0;
  readonly inbox = new Inbox({
    deliver: ({ kind, bytes }) => void this.heard.push(kind === "message" ? Buffer.from(bytes).toString() : kind),
    fetch: async () => {
      if (this.isAway) throw new Error("away");
      return [...this.kept];
    },
    pause: settle,
  });
  readonly outbox = new Outbox({
    post: {
      keep: async (letter) => {
        this.#take(letter);
        this.kept.push(letter);
        this.#answer();
      },
      pass: async (letter) => {
        this.#take(letter);
        this.#answer();
      },
    },
    pause: settle,
    onClear: () => {
      this.clears += 1;
    },
  });
  clears = 0;

  say(text: string): void {
    // Capitals are kept.
    this.outbox.add("message", Buffer.from(text), text === text.toUpperCase());
  }

  beat(): void {
    this.inbox.take({ kind: "beat", number: 0, after: this.outbox.kept, bytes: noBytes });
  }

  #take(letter: Letter): void {
    if (this.isAway) throw new Error("away");
    if (this.listens) this.inbox.take(letter);
  }

  #answer(): void {
    if (this.answersLost === 0) return;
    this.answersLost -= 1;
    throw new Error("no answer");
  }
}

test("what is said before there is a stream leaves in its order when there is one", async () => {
  const broker = new TestBroker();
  for (const text of ["A", "b", "C"]) broker.say(text);
  await settle();
  expect([broker.heard, broker.outbox.isClear, broker.clears]).toEqual([[], false, 0]);
  broker.outbox.open();
  await settle();
  expect([broker.heard, broker.outbox.isClear, broker.clears]).toEqual([["A", "b", "C"], true, 1]);
});

test("what is said while the broker is away waits, and nothing is heard twice", async () => {
  const broker = new TestBroker();
  broker.outbox.open();
  broker.say("A");
  await settle();
  broker.isAway = true;
  for (const text of ["b", "C", "d"]) broker.say(text);
  await settle();
  expect([broker.heard, broker.outbox.isClear]).toEqual([["A"], false]);
  broker.isAway = false;
  broker.answersLost = 2;
  for (let turn = 0; turn < 10; turn += 1) await settle();
  expect([broker.heard, broker.outbox.isClear]).toEqual([["A", "b", "C", "d"], true]);
});

test("who was away hears what is kept before anything else, and has lost the rest", async () => {
  const broker = new TestBroker();
  broker.outbox.open();
  broker.say("A");
  await settle();
  broker.listens = false;
  for (const text of ["b", "C", "d", "E"]) broker.say(text);
  await settle();
  broker.listens = true;
  broker.say("f");
  for (let turn = 0; turn < 5; turn += 1) await settle();
  expect(broker.heard).toEqual(["A", "C", "E", "f"]);
});

test("what is got from the broker overtakes nothing that has arrived", async () => {
  const broker = new TestBroker();
  broker.outbox.open();
  broker.listens = false;
  broker.say("A");
  await settle();
  broker.listens = true;
  broker.isAway = true;
  // This one lacks A, which the broker cannot give yet: all others wait behind it.
  broker.inbox.take({ kind: "message", number: 2, after: 1, bytes: Buffer.from("b") });
  await settle();
  broker.inbox.take({ kind: "message", number: 3, after: 1, bytes: Buffer.from("c") });
  broker.kept.push({ kind: "message", number: 4, after: 1, bytes: Buffer.from("D") });
  broker.isAway = false;
  for (let turn = 0; turn < 5; turn += 1) await settle();
  expect(broker.heard).toEqual(["A", "b", "c"]);
  await broker.inbox.fetch();
  expect(broker.heard).toEqual(["A", "b", "c", "D"]);
});

test("a sign of life is enough to know that something is lacking", async () => {
  const broker = new TestBroker();
  broker.outbox.open();
  broker.listens = false;
  broker.say("A");
  await settle();
  broker.beat();
  for (let turn = 0; turn < 5; turn += 1) await settle();
  expect(broker.heard).toEqual(["A", "beat"]);
});

test("what the broker cannot give is asked for until it can", async () => {
  const broker = new TestBroker();
  broker.outbox.open();
  broker.listens = false;
  broker.say("A");
  await settle();
  broker.isAway = true;
  broker.beat();
  for (let turn = 0; turn < 20; turn += 1) await settle();
  expect(broker.heard).toEqual([]);
  broker.isAway = false;
  for (let turn = 0; turn < 5; turn += 1) await settle();
  expect(broker.heard).toEqual(["A", "beat"]);
});
