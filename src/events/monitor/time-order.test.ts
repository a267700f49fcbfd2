import * as fc from "fast-check";
import { expect, test } from "vitest";
import { TimeOrder } from "./time-order.ts";

interface Event {
  readonly timestampNs: bigint;
  readonly at: number;
}

const events = fc
  .array(fc.nat(100), { maxLength: 40 })
  .map((times) => times.map((time, at): Event => ({ timestampNs: BigInt(time), at })));

test("whatever arrives late, but not too late, comes in the order of its time, and of its arrival within a time", () => {
  fc.assert(
    fc.property(events, (arriving) => {
      const taken: Event[] = [];
      const order = new TimeOrder<Event>(100n, (event) => taken.push(event));
      for (const event of arriving) {
        order.push(event);
        order.advance(event.timestampNs);
      }
      order.finish();
      expect(taken).toEqual(arriving.toSorted((a, b) => Number(a.timestampNs - b.timestampNs) || a.at - b.at));
      expect(order.isWaiting).toBe(false);
    }),
  );
});

test("an event is handed over as soon as nothing earlier can come, and no earlier", () => {
  const taken: Event[] = [];
  const order = new TimeOrder<Event>(50n, (event) => taken.push(event));
  order.push({ timestampNs: 100n, at: 0 });
  order.advance(149n);
  expect([taken.length, order.isWaiting]).toEqual([0, true]);
  order.advance(150n);
  expect([taken.length, order.isWaiting]).toEqual([1, false]);
});
