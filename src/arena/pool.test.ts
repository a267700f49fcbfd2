import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { plainMemory } from "./plain-memory.ts";
import { Pool, segmentBytesFor } from "./pool.ts";
import { allocatedBytes } from "./segment.ts";

const segmentBytes = 65_536;

/** A pool, and what was put into it: owner, place, content. */
function poolOf(limitBytes: number) {
  const blocks = new Map<number, { place: number; bytes: Uint8Array }>();
  const owners = {
    has: (owner: number, place: number) => blocks.get(owner)?.place === place,
    moved(owner: number, place: number) {
      const block = blocks.get(owner);
      if (block !== undefined) block.place = place;
    },
  };
  return {
    pool: new Pool(plainMemory, owners, { segmentBytes, limitBytes, counters: { pool_compactions: 0 } }),
    blocks,
  };
}

const steps = fc.array(
  fc.tuple(
    fc.constantFrom("append", "append", "free", "reuse", "tidy"),
    fc.nat(60),
    fc.integer({ min: 1, max: 20_000 }),
  ),
  { maxLength: 150 },
);

describe("the pool", () => {
  test("keeps every block as it is, whatever is freed, moved and given back, and never exceeds its limit", () => {
    fc.assert(
      fc.property(steps, fc.constantFrom(2, 4, 8), (run, segments) => {
        const { pool, blocks } = poolOf(segments * segmentBytes);
        for (const [step, number, length] of run) {
          const owner = 100 + number;
          const block = blocks.get(owner);
          if (step === "tidy") pool.tidy();
          else if (step === "append" && block === undefined) {
            const bytes = new Uint8Array(length).fill(number + 1);
            const place = pool.append(owner, bytes, 0, length);
            if (place !== -1) blocks.set(owner, { place, bytes });
          } else if (step !== "append" && block !== undefined) {
            blocks.delete(owner);
            pool.free(block.place, block.bytes.length, step === "reuse");
          }
        }
        for (const { place, bytes } of blocks.values()) {
          const segment = pool.segmentAt(place);
          const at = segment.blockAt(place);
          expect(Buffer.compare(segment.slab.view.subarray(at, at + bytes.length), bytes)).toBe(0);
        }
        const live = [...blocks.values()].reduce((sum, { bytes }) => sum + allocatedBytes(bytes.length), 0);
        const gauges = pool.gauges(4096);
        expect(gauges.live).toBe(live);
        expect(gauges.segments).toBeLessThanOrEqual(segments);
        expect(gauges.committed).toBeGreaterThanOrEqual(live);
        for (const [owner, { place, bytes }] of blocks) {
          blocks.delete(owner);
          pool.free(place, bytes.length);
        }
        expect(pool.gauges(4096)).toEqual({ live: 0, committed: 0, dead: 0, largestFree: segmentBytes, segments: 0 });
      }),
      { numRuns: 100 },
    );
  });

  test("puts a block where another was let go of for it, when there is no other room", () => {
    const { pool, blocks } = poolOf(segmentBytes);
    const put = (owner: number, length: number): number => {
      const bytes = new Uint8Array(length).fill(owner);
      const place = pool.append(owner, bytes, 0, length);
      if (place !== -1) blocks.set(owner, { place, bytes });
      return place;
    };
    const lengths = [8000, 8000, 6000, 8000, 8000, 8000, 8000, 8000, 2000];
    for (const [index, length] of lengths.entries()) put(index + 1, length);
    expect(put(50, 2800)).toBe(-1);
    const hole = blocks.get(3)?.place ?? -1;
    blocks.delete(3);
    // Too little to compact for.
    pool.free(hole, 6000, true);
    expect([put(50, 2800), put(51, 2800), put(52, 2800)]).toEqual([hole, hole + 2816 / 16, -1]);
  });

  test.each([
    [65_536, 4096, 16_384],
    [2 ** 20, 4096, 65_536],
    [2 ** 22, 4096, 262_144],
    [2 ** 28, 4096, 2 ** 20],
    [2 ** 20, 65_536, 131_072],
  ])("of %i bytes for chunks of %i has segments of %i", (capacity, chunk, bytes) => {
    expect(segmentBytesFor(capacity, chunk)).toBe(bytes);
  });
});
