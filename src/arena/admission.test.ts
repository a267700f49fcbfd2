import { describe, expect, test } from "vitest";
import { bytesOf } from "../../test/shared/arena-model.ts";
import { savesEnough } from "./admission.ts";
import { createArenaOn } from "./arena.ts";
import type { ArenaOptions } from "./options.ts";
import { resolveOptions } from "./options.ts";
import { plainCodec } from "./plain-codec.ts";
import { plainMemory } from "./plain-memory.ts";
import { allocatedBytes } from "./segment.ts";

const kib = 1024;
const plainArena = (options: ArenaOptions) =>
  createArenaOn({ memory: plainMemory, codec: plainCodec(resolveOptions(options)) }, options);

describe("a chunk is admitted", () => {
  test.each([
    [0, 4095],
    [5, 3891],
    [10, 3686],
    [20, 3276],
    [50, 2048],
    [95, 204],
  ])("with %i percent up to %i of 4096 bytes allocated", (percent, largest) => {
    expect([savesEnough(4096, largest, percent), savesEnough(4096, largest + 1, percent)]).toEqual([true, false]);
  });

  test("by what it takes in the pool, not by the length of its block", () => {
    expect([allocatedBytes(1), allocatedBytes(8), allocatedBytes(9), allocatedBytes(1000)]).toEqual([16, 16, 32, 1008]);
  });

  test("without room in the pool when eight bytes repeat", () => {
    const arena = plainArena({ capacityBytes: 256 * kib });
    const region = arena.allocate(64 * kib);
    region.write(0, new Uint8Array(64 * kib).fill(9));
    const { admitted, filled } = arena.compressSync(region);
    const { gauges } = arena.stats();
    expect([admitted, filled, gauges.pool_bytes_committed, gauges.filled_bytes_live]).toEqual([16, 16, 0, 64 * kib]);
    expect(region.read(5000, 3)).toEqual(new Uint8Array([9, 9, 9]));
    arena.close();
  });
});

describe("random data", () => {
  test.each([true, false])("is not admitted, and not tried again before it is written (sampled: %s)", (sampleFirst) => {
    const arena = plainArena({ capacityBytes: 2 ** 20, sampleFirst, minSavingsPercent: 0 });
    const region = arena.allocate(512 * kib);
    region.write(0, bytesOf("random", 512 * kib));
    const first = arena.compressSync(region);
    const { random, noGain } = first.rejected;
    expect([first.attempted, first.admitted, random + noGain]).toEqual([128, 0, 128]);
    expect(sampleFirst ? random : noGain).toBe(128);
    expect(arena.compressSync(region).attempted).toBe(0);
    region.touch(0, "increment");
    expect(arena.compressSync(region).attempted).toBe(1);
    const { gauges, derived } = arena.stats();
    expect([gauges.pool_bytes_committed, derived.ratio_live, derived.admit_rate]).toEqual([0, null, 0]);
    expect(derived.saved_bytes).toBe(-gauges.metadata_bytes);
    arena.close();
  });
});

describe("a pool that is too small", () => {
  const small = (whenFull: "evict" | "refuse") => {
    const arena = plainArena({ capacityBytes: 128 * kib, whenFull });
    const region = arena.allocate(2048 * kib);
    region.write(0, bytesOf("text", 2048 * kib));
    // Each page its own, so that blocks are not tiny.
    for (let at = 0; at < 2048 * kib; at += 4096) region.write(at, bytesOf("random", 2000));
    return { arena, region };
  };

  test.each(["evict", "refuse"] as const)(
    "evicts nothing that the sweep has admitted, and stops trying (%s)",
    (how) => {
      const { arena, region } = small(how);
      const { admitted, evicted, stopped, attempted } = arena.compressSync(region);
      expect([admitted > 10, evicted, stopped]).toEqual([true, 0, "pool-full"]);
      // A batch is finished that was begun.
      expect(attempted - admitted).toBeLessThan(64 + 32);
      const { gauges, derived } = arena.stats();
      expect(gauges.pool_bytes_committed).toBeLessThanOrEqual(128 * kib);
      expect(derived.ratio_live).toBeLessThan(4);
      arena.close();
    },
  );

  test("evicts what was used longest ago when its room holds two of the new", () => {
    const { arena, region } = small("evict");
    arena.compressSync(region);
    const other = arena.allocate(256 * kib);
    other.write(0, bytesOf("text", 256 * kib));
    const { admitted, evicted } = arena.compressSync(other);
    expect([evicted > 0, admitted >= 2 * evicted]).toEqual([true, true]);
    arena.close();
  });

  test("takes only what fits into a smaller capacity, and gives the rest of the memory back", () => {
    const arena = plainArena({ capacityBytes: 2 ** 20 });
    const region = arena.allocate(1024 * kib);
    const text = bytesOf("text", 1024 * kib);
    region.write(0, text);
    for (let at = 0; at < 1024 * kib; at += 4096) region.write(at, bytesOf("random", 2000));
    arena.compressSync(region);
    const before = arena.stats().gauges.pool_bytes_committed;
    arena.resize(256 * kib);
    const { gauges, counters } = arena.stats();
    expect(before).toBeGreaterThan(256 * kib);
    expect(gauges.pool_bytes_committed).toBeLessThanOrEqual(256 * kib);
    expect(counters.evictions_lru).toBeGreaterThan(0);
    expect(region.read(3000, 500)).toEqual(text.subarray(3000, 3500));
    arena.close();
  });
});
