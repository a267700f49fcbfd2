import { expect, test } from "vitest";
import { Places } from "./places.ts";

const ownUid = 900;
/** Takes so many places; how many of them there were. */
const taken = (places: Places, uid: number, wanted: number): number =>
  Array.from({ length: wanted }, () => places.take(uid)).filter((one) => one !== null).length;

test("no user gets more than his share, and all users together leave root's places", () => {
  const places = new Places({ most: 10, keptForRoot: 3, mostOfUser: 5 }, ownUid);
  expect(taken(places, 1000, 10)).toBe(5);
  expect(taken(places, 1001, 10)).toBe(2);
  expect(taken(places, 1002, 10)).toBe(0);
  expect(taken(places, ownUid, 1)).toBe(1);
  expect(taken(places, 0, 10)).toBe(2);
});

test("a place that was given back is there for the next one, also of another user", () => {
  const places = new Places({ most: 2, keptForRoot: 1, mostOfUser: 1 }, ownUid);
  const leave = places.take(1000);
  expect(places.take(1001)).toBe(null);
  leave?.();
  expect(places.take(1001)).not.toBe(null);
  const leaveRoot = places.take(0);
  expect(places.take(0)).toBe(null);
  leaveRoot?.();
  expect(places.take(0)).not.toBe(null);
});
