import * as fc from "fast-check";
import { expect, test } from "vitest";
import { EventQueue } from "./event-queue.ts";

const done = { done: true, value: undefined };
const item = (value: number) => ({ done: false, value });

test("what is put in comes out in order, to waiting and to later readers", async () => {
  const queue = new EventQueue<number>(10);
  const waiting = [queue.next(), queue.next()];
  expect([1, 2, 3].map((value) => queue.push(value))).toEqual([true, true, true]);
  expect(await Promise.all([...waiting, queue.next()])).toEqual([item(1), item(2), item(3)]);
});

test("what does not fit is refused and counted, and there is room again after a read", async () => {
  const queue = new EventQueue<number>(2);
  expect([1, 2, 3, 4].map((value) => queue.push(value))).toEqual([true, true, false, false]);
  expect([queue.accepted, queue.refused, queue.size, queue.isHalfFull]).toEqual([2, 2, 2, true]);
  expect(await queue.next()).toEqual(item(1));
  expect(queue.push(5)).toBe(true);
  expect([await queue.next(), await queue.next()]).toEqual([item(2), item(5)]);
  expect([queue.accepted, queue.refused, queue.size, queue.isHalfFull]).toEqual([3, 2, 0, false]);
});

test("the end drops what waits and lets every reader go", async () => {
  const queue = new EventQueue<number>(2);
  queue.push(1);
  queue.end("closed");
  expect(await queue.next()).toEqual(done);
  const other = new EventQueue<number>(2);
  const waiting = [other.next(), other.next()];
  other.end("closed");
  expect(await Promise.all(waiting)).toEqual([done, done]);
  expect([other.push(1), other.accepted, other.refused]).toEqual([true, 0, 0]);
});

test("a finished queue hands over what waits, takes no more, and may still be closed", async () => {
  const queue = new EventQueue<number>(4);
  for (const value of [1, 2, 3]) queue.push(value);
  queue.end("finished");
  expect([queue.push(4), queue.accepted]).toEqual([true, 3]);
  expect([await queue.next(), await queue.next()]).toEqual([item(1), item(2)]);
  queue.end("closed");
  expect([await queue.next(), await queue.next()]).toEqual([done, done]);
});

test("a failure is thrown once, then the iteration is over", async () => {
  const queue = new EventQueue<number>(2);
  queue.end({ reason: new Error("gone") });
  queue.end("closed");
  await expect(queue.next()).rejects.toThrow("gone");
  expect(await queue.next()).toEqual(done);
});

test("any mixture of writes and reads keeps the order and loses only what was refused", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 5000 }), { maxLength: 20 }), async (steps) => {
      const queue = new EventQueue<number>(3000);
      const expected: number[] = [];
      const read: number[] = [];
      let next = 0;
      for (const [index, count] of steps.entries()) {
        for (let step = 0; step < count; step += 1) {
          if (index % 2 === 0) {
            next += 1;
            if (queue.push(next)) expected.push(next);
          } else if (queue.size > 0) {
            read.push((await queue.next()).value ?? 0);
          }
        }
      }
      while (queue.size > 0) read.push((await queue.next()).value ?? 0);
      expect(read).toEqual(expected);
      expect(queue.accepted + queue.refused).toBe(next);
    }),
    { numRuns: 20 },
  );
});

test("whoever takes in batches is told when there is something, and gets it in order", async () => {
  const queue = new EventQueue<number>(10);
  const waiting = queue.ready();
  expect(queue.take(5)).toEqual([]);
  for (const value of [1, 2, 3]) queue.push(value);
  expect(await waiting).toBe(true);
  expect([queue.take(2), queue.take(2), queue.take(2)]).toEqual([[1, 2], [3], []]);
  queue.push(4);
  expect([await queue.ready(), queue.take(9)]).toEqual([true, [4]]);
});

test("whoever waits for something to take is told of the end, behind what waits, and of a failure once", async () => {
  const finished = new EventQueue<number>(10);
  finished.push(1);
  finished.end("finished");
  expect([await finished.ready(), finished.take(9), await finished.ready()]).toEqual([true, [1], false]);
  const failed = new EventQueue<number>(10);
  const waiting = failed.ready();
  failed.end({ reason: new Error("gone") });
  await expect(waiting).rejects.toThrow("gone");
  expect(await failed.ready()).toBe(false);
});
