import * as fc from "fast-check";
import { expect, test } from "vitest";
import { DeadlineQueue, noDeadline } from "./index.ts";

const baseNs = 987_654_321_000_000n;

type Step =
  | { readonly do: "add"; readonly atNs: bigint }
  | { readonly do: "cancel"; readonly which: number }
  | { readonly do: "take"; readonly nowNs: bigint };

const offset = fc.oneof(fc.bigInt({ min: -50n, max: 50n }), fc.bigInt({ min: -(2n ** 52n), max: 2n ** 52n }));
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: offset.map((ns): Step => ({ do: "add", atNs: baseNs + ns })) },
  { weight: 1, arbitrary: fc.nat(1000).map((which): Step => ({ do: "cancel", which })) },
  { weight: 2, arbitrary: offset.map((ns): Step => ({ do: "take", nowNs: baseNs + ns })) },
);

test("deadlines are taken as a sorted list would give them, whatever is added and cancelled between", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const queue = new DeadlineQueue(baseNs, 2);
      let pending: { readonly handle: number; readonly atNs: bigint }[] = [];
      for (const one of steps) {
        if (one.do === "add") pending.push({ handle: queue.add(one.atNs), atNs: one.atNs });
        else if (one.do === "cancel" && pending.length > 0) {
          const victim = pending[one.which % pending.length];
          if (victim !== undefined) queue.cancel(victim.handle);
          pending = pending.filter((other) => other !== victim);
        } else if (one.do === "take") {
          const [first] = pending.toSorted((a, b) => Number(a.atNs - b.atNs) || a.handle - b.handle);
          const due = first !== undefined && first.atNs <= one.nowNs ? first : null;
          expect(queue.take(one.nowNs)).toBe(due?.handle ?? noDeadline);
          pending = pending.filter((other) => other !== due);
        }
        const earliest = pending.reduce<bigint | null>(
          (least, { atNs }) => (least === null || atNs < least ? atNs : least),
          null,
        );
        expect([queue.size, queue.earliestNs()]).toEqual([pending.length, earliest]);
      }
    }),
  );
});

/** A queue of so many deadlines that came one by one. */
function filled(count: number): DeadlineQueue {
  const queue = new DeadlineQueue(0n);
  let seed = 1;
  for (let index = 0; index < count; index += 1) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    queue.add(BigInt(seed));
  }
  return queue;
}

test("a million deadlines that come one by one fit into 20 MB", () => {
  const queue = filled(1_000_000);
  expect([queue.size, queue.bytes <= 20_000_000]).toEqual([1_000_000, true]);
});

test("many deadlines come out in order", () => {
  const queue = filled(50_000);
  let before = -1n;
  let disorder = 0;
  for (let earliest = queue.earliestNs(); earliest !== null; earliest = queue.earliestNs()) {
    if (earliest < before) disorder += 1;
    before = earliest;
    queue.take(earliest);
  }
  expect([disorder, queue.size]).toEqual([0, 0]);
});

test("a deadline is due at its nanosecond and not before", () => {
  const queue = new DeadlineQueue(baseNs);
  const handle = queue.add(baseNs + 1_000_000_001n);
  expect(queue.timeOf(handle)).toBe(baseNs + 1_000_000_001n);
  expect([queue.take(baseNs + 1_000_000_000n), queue.take(baseNs + 1_000_000_001n)]).toEqual([noDeadline, handle]);
});

test("what is not pending cannot be cancelled", () => {
  const queue = new DeadlineQueue(0n);
  const handle = queue.add(5n);
  queue.cancel(handle);
  expect(() => queue.cancel(handle)).toThrow(new RangeError("deadline 0 is not pending"));
  expect(() => queue.cancel(7)).toThrow(new RangeError("deadline 7 is not pending"));
});
