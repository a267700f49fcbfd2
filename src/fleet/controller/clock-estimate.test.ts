import * as fc from "fast-check";
import { expect, test } from "vitest";
import type { ClockSample } from "./index.ts";
import { estimateClock } from "./index.ts";

/** An exchange with a clock that is so far ahead, over ways of these lengths. */
const exchange = (offsetNs: bigint, thereNs: bigint, backNs: bigint, thinksNs: bigint): ClockSample => {
  const sentNs = 1_800_000_000_000_000_000n;
  const agentReceivedNs = sentNs + thereNs + offsetNs;
  return {
    sentNs,
    agentReceivedNs,
    agentSentNs: agentReceivedNs + thinksNs,
    arrivedNs: sentNs + thereNs + thinksNs + backNs,
  };
};

test("without an exchange nothing is known", () => {
  expect(estimateClock([])).toBeNull();
});

test("ways of the same length give the very offset, and half of both is the bound", () => {
  expect(estimateClock([exchange(-10_000_000_000n, 500n, 500n, 77n)])).toEqual({
    offsetNs: -10_000_000_000n,
    errorNs: 500n,
  });
});

test("of several the quickest way there and the quickest way back count, whichever exchanges they are of", () => {
  const ahead = 5000n;
  const samples = [
    exchange(ahead, 9000n, 1000n, 0n),
    exchange(ahead, 800n, 100n, 0n),
    exchange(ahead, 100n, 4000n, 7n),
  ];
  expect(estimateClock(samples)).toEqual({ offsetNs: ahead, errorNs: 100n });
});

test("a clock nearby that cannot be told apart from ours is taken as ours, with all that is not known", () => {
  expect(estimateClock([exchange(0n, 900n, 100n, 0n)])).toEqual({ offsetNs: 0n, errorNs: 900n });
  expect(estimateClock([exchange(-30n, 40n, 500n, 0n)])).toEqual({ offsetNs: 0n, errorNs: 530n });
  expect(estimateClock([exchange(0n, 1_500_000n, 500_000n, 0n)])).toEqual({ offsetNs: 500_000n, errorNs: 1_000_000n });
});

test("where a clock was set between two exchanges the quickest of them counts", () => {
  const samples = [exchange(5n, 300n, 300n, 0n), exchange(90_000n, 100n, 100n, 0n)];
  expect(estimateClock(samples)).toEqual({ offsetNs: 90_000n, errorNs: 100n });
});

test("however unequal the ways are, the offset is off by no more than is said", () => {
  const way = fc.bigInt({ min: 0n, max: 3_000_000_000n });
  const offset = fc.bigInt({ min: -10_000_000_000n, max: 10_000_000_000n });
  fc.assert(
    fc.property(offset, fc.array(fc.tuple(way, way, way), { minLength: 1, maxLength: 8 }), (ahead, ways) => {
      const estimate = estimateClock(ways.map(([there, back, thinks]) => exchange(ahead, there, back, thinks)));
      if (estimate === null) throw new Error("there was an exchange");
      const offNs = estimate.offsetNs - ahead;
      expect(offNs < 0n ? -offNs : offNs).toBeLessThanOrEqual(estimate.errorNs);
    }),
  );
});
