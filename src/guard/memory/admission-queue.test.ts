import { beforeEach, expect, test } from "vitest";
import { AdmissionQueue } from "./admission-queue.ts";

const mebibyte = 1024 * 1024;
const reserveBytes = 100 * mebibyte;
let queue: AdmissionQueue;
beforeEach(() => {
  queue = new AdmissionQueue();
});

const add = (id: string, needMib: number, rank: number, sinceMs: number): void =>
  queue.add({ id, session: id, rank, needBytes: needMib * mebibyte, sinceMs });

const step = (nowMs: number, headroomMib: number): string[] =>
  queue
    .step(nowMs, { headroomBytes: headroomMib * mebibyte, reserveBytes }, 60_000)
    .map(({ id, reason, waitedMs }) => `${id} ${reason} ${waitedMs}`);

test("who fits above the reserve begins at once, who does not waits until he does", () => {
  add("a", 200, 1, 0);
  expect([step(0, 299), step(500, 299), step(1000, 300)]).toEqual([[], [], ["a room 1000"]]);
  expect(queue.length).toBe(0);
});

test("within a class the first goes first, and a small one does not slip past", () => {
  add("large", 500, 1, 0);
  add("small", 1, 1, 10);
  expect([step(20, 400), step(30, 601)]).toEqual([[], ["large room 30", "small room 20"]]);
});

test("a better class goes first, however late it came", () => {
  add("low", 100, 1, 0);
  add("high", 100, 3, 1000);
  expect(step(1000, 200)).toEqual(["high room 0"]);
});

test("five seconds of waiting count as much as a class", () => {
  add("low", 100, 1, 0);
  add("high", 100, 2, 9000);
  expect(step(10_000, 200)).toEqual(["low room 10000"]);
});

test("what was promised counts for three seconds: two do not begin in the room of one", () => {
  add("a", 200, 1, 0);
  expect(step(0, 300)).toEqual(["a room 0"]);
  add("b", 200, 1, 0);
  expect([step(100, 300), step(2999, 300), step(3000, 300)]).toEqual([[], [], ["b room 3000"]]);
});

test("nobody waits longer than he must, room or not, and who waits behind him goes on waiting", () => {
  add("a", 5000, 1, 0);
  add("b", 10, 1, 30_000);
  expect([step(59_999, 200), step(60_000, 200), step(60_001, 200)]).toEqual([[], ["a waited 60000"], []]);
  expect(queue.length).toBe(1);
});

test("who has gone is not waited for", () => {
  add("a", 5000, 1, 0);
  add("b", 10, 1, 1);
  queue.drop("a");
  expect(step(2, 200)).toEqual(["b room 1"]);
});
