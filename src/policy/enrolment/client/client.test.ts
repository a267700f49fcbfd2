import { describe, expect, test } from "vitest";
import { ActionQueue, type Reply } from "./action-queue.ts";
import { Backoff } from "./backoff.ts";
import { Outbox, type Sink } from "./outbox.ts";
import type { ActionAnswer, OnAction } from "./workload-action.ts";

function world(onAction: OnAction) {
  const replies: Reply[] = [];
  let now = 0n;
  const nowNs = (): bigint => {
    now += 1n;
    return now;
  };
  const queue = new ActionQueue({ onAction, nowNs, reply: (reply) => replies.push(reply) });
  const add = (requestId: string, expiresNs = 1000n, token = "t"): boolean =>
    queue.add(token, { requestId, verb: "compress", params: {}, expiresNs, receivedNs: 0n });
  const short = (): string[] =>
    replies.map((reply) => `${reply.requestId} ${reply.kind === "action_result" ? "done" : reply.code}`);
  return { queue, add, replies, short };
}

const done: ActionAnswer = { done: true, stats: null };

describe("actions", () => {
  test("run at a safe point, in order, and before it returns where they are synchronous", () => {
    const ran: string[] = [];
    const { queue, add, replies } = world(({ requestId }) => {
      ran.push(requestId);
      return undefined;
    });
    add("a");
    add("b");
    expect(ran).toEqual([]);
    void queue.run();
    expect([ran, queue.size]).toEqual([["a", "b"], 0]);
    expect(replies[0]).toEqual({
      ...{ kind: "action_result", token: "t", requestId: "a", receivedNs: 0n },
      ...{ safePointNs: 1n, startNs: 2n, endNs: 3n, stats: null },
    });
  });

  test("run one at a time where they are asynchronous; those that come meanwhile wait for the next safe point", async () => {
    const ran: string[] = [];
    const { queue, add } = world(async ({ requestId }) => {
      ran.push(`+${requestId}`);
      if (requestId === "a") add("c");
      await Promise.resolve();
      ran.push(`-${requestId}`);
      return done;
    });
    add("a");
    add("b");
    const [first, second] = await Promise.all([queue.run(), queue.run()]);
    expect([first, second, ran, queue.size]).toEqual([2, 0, ["+a", "-a", "+b", "-b"], 1]);
    expect(await queue.run()).toBe(1);
  });

  test("are answered the same way when they are asked for again, and run once", () => {
    let runs = 0;
    const { queue, add, replies } = world(() => {
      runs += 1;
      return { done: false, code: "refused", message: "no" };
    });
    expect([add("a"), add("a")]).toEqual([true, false]);
    void queue.run();
    expect([add("a", 1000n, "new token"), runs]).toEqual([false, 1]);
    expect(replies.map(({ token }) => token)).toEqual(["t", "new token"]);
  });

  test("that throw or reject have failed, and harm neither the workload nor the next ones", async () => {
    const { queue, add, short } = world(({ requestId }) => {
      if (requestId === "a") throw new Error("broken");
      return requestId === "b" ? Promise.reject(new Error("later")) : done;
    });
    for (const id of ["a", "b", "c"]) add(id);
    expect(await queue.run()).toBe(3);
    expect(short()).toEqual(["a failed", "b failed", "c done"]);
  });

  test("that are refused at length are refused in short", async () => {
    const { queue, add, short } = world(() => ({ done: false, code: "x".repeat(99), message: "y".repeat(9999) }));
    add("a");
    await queue.run();
    expect(short()).toEqual([`a ${"x".repeat(32)}`]);
  });

  test("that have expired are not begun", async () => {
    let runs = 0;
    const { queue, add, short } = world(() => {
      runs += 1;
      return done;
    });
    add("a", 0n);
    add("b");
    await queue.run();
    expect([short(), runs]).toEqual([["a expired", "b done"], 1]);
  });

  test("are so many and no more: the oldest make room and are told", () => {
    const { queue, add, short } = world(() => done);
    for (let index = 0; index < 66; index += 1) add(`r${index}`);
    expect([short(), queue.size]).toEqual([["r0 busy", "r1 busy"], 64]);
    expect([queue.clear(), queue.size]).toEqual([64, 0]);
  });
});

describe("the outbox", () => {
  class Pipe implements Sink {
    writableNeedDrain = false;
    readonly written: number[] = [];
    write(bytes: Uint8Array): void {
      this.written.push(bytes[0] ?? 0);
    }
  }

  const frame = (number: number): Uint8Array => Uint8Array.of(number);

  test("keeps the newest while nobody reads, counts what it drops, and sends the rest in order", () => {
    let dropped = 0;
    const outbox = new Outbox(3, () => {
      dropped += 1;
    });
    outbox.push(frame(0));
    expect(dropped).toBe(1);
    const pipe = new Pipe();
    outbox.connect(pipe);
    outbox.push(frame(1));
    pipe.writableNeedDrain = true;
    for (const number of [2, 3, 4, 5, 6]) outbox.push(frame(number));
    expect([pipe.written, dropped]).toEqual([[1], 3]);
    pipe.writableNeedDrain = false;
    outbox.flush();
    expect(pipe.written).toEqual([1, 4, 5, 6]);
  });

  test("sends nothing of an old connection on a new one", () => {
    let dropped = 0;
    const outbox = new Outbox(3, () => {
      dropped += 1;
    });
    const pipe = new Pipe();
    pipe.writableNeedDrain = true;
    outbox.connect(pipe);
    outbox.push(frame(1));
    const next = new Pipe();
    outbox.connect(next);
    outbox.flush();
    expect([next.written, dropped]).toEqual([[], 1]);
  });
});

test("attempts to connect come after 50 ms, doubled up to 1 s, spread by a fifth, and again from 50 ms after a success", () => {
  const backoff = new Backoff();
  const middle = Array.from({ length: 7 }, () => Math.round(backoff.next(0.5)));
  expect(middle).toEqual([50, 100, 200, 400, 800, 1000, 1000]);
  expect([backoff.next(0), backoff.next(1)].map(Math.round)).toEqual([800, 1200]);
  backoff.reset();
  expect(Math.round(backoff.next(0.5))).toBe(50);
});
