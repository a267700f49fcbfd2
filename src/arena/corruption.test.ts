import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesOf } from "../../test/shared/arena-model.ts";
import { CorralError } from "../report/index.ts";
import { createArenaOn } from "./arena.ts";
import type { ArenaMemory, Slab } from "./memory.ts";
import { resolveOptions } from "./options.ts";
import { plainCodec } from "./plain-codec.ts";
import { plainMemory } from "./plain-memory.ts";
import { segmentBytesFor } from "./pool.ts";

const chunkBytes = 4096;
/** So that segments are as large as no other piece of memory. */
const capacityBytes = 2 ** 20;

/** An arena, and the memory that its pool has. */
function arenaWithPool() {
  const segmentBytes = segmentBytesFor(capacityBytes, chunkBytes);
  const segments: Slab[] = [];
  const memory: ArenaMemory = {
    ...plainMemory,
    open(bytes) {
      const slab = plainMemory.open(bytes);
      if (bytes === segmentBytes) segments.push(slab);
      return slab;
    },
  };
  const options = { capacityBytes, chunkBytes };
  return { arena: createArenaOn({ memory, codec: plainCodec(resolveOptions(options)) }, options), segments };
}

/** Reads a chunk; null when it is said to be damaged. */
function tryRead(read: () => Uint8Array): Uint8Array | null {
  try {
    return read();
  } catch (thrown) {
    expect(CorralError.from(thrown).code).toBe("ARENA_CORRUPT");
    return null;
  }
}

describe("a damaged pool", () => {
  test("gives the right bytes or ARENA_CORRUPT, and damages no chunk but those whose block was hit", () => {
    let allLost = 0;
    const flips = fc.array(fc.tuple(fc.nat(2 ** 18), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(flips, (hits) => {
        const { arena, segments } = arenaWithPool();
        const region = arena.allocate(32 * chunkBytes, "victim");
        const chunks = Array.from({ length: 32 }, () => bytesOf("text", chunkBytes));
        for (const [index, bytes] of chunks.entries()) region.write(index * chunkBytes, bytes);
        expect(arena.compressSync(region).admitted).toBe(32);
        const view = segments[0]?.view ?? new Uint8Array();
        const used = arena.stats().gauges.pool_bytes_live;
        for (const [where, mask] of hits) view[where % used] = (view[where % used] as number) ^ mask;
        const seen = chunks.map((_, index) => tryRead(() => region.read(index * chunkBytes, chunkBytes)));
        const lost = seen.filter((bytes) => bytes === null).length;
        expect(
          seen.every((bytes, index) => bytes === null || Buffer.compare(bytes, chunks[index] as Uint8Array) === 0),
        ).toBe(true);
        expect(lost).toBeLessThanOrEqual(hits.length);
        allLost += lost;
        const { counters, gauges } = arena.stats();
        expect([counters.corrupt_chunks, gauges.chunks_lost]).toEqual([lost, lost]);
        arena.close();
      }),
      { numRuns: 60 },
    );
    expect(allLost).toBeGreaterThan(60);
  });

  test("names the region and the bytes, again and again until they are overwritten", () => {
    const { arena, segments } = arenaWithPool();
    const region = arena.allocate(2 * chunkBytes, "victim");
    const text = bytesOf("text", chunkBytes);
    region.write(0, text);
    region.write(chunkBytes, text);
    arena.compressSync(region);
    segments[0]?.view.fill(0xff, 8, 40);
    for (const attempt of [
      () => region.read(0, 1),
      () => region.touch(5, "xor"),
      () => region.write(1, text.subarray(1)),
      () => region.withPinned({ offset: 0, length: 1 }, () => {}),
    ]) {
      expect(attempt).toThrow(
        expect.objectContaining({
          code: "ARENA_CORRUPT",
          object: "victim",
          message: "the compressed copy of a chunk of victim is damaged",
          found: "bytes 0 to 4095 are lost",
        }),
      );
    }
    expect(region.read(chunkBytes, chunkBytes)).toEqual(text);
    region.write(0, text);
    expect(region.read(0, chunkBytes)).toEqual(text);
    expect(arena.stats().counters.corrupt_chunks).toBe(1);
    region.free();
    arena.close();
  });

  test("is found by a prefetch, which goes on with the others", async () => {
    const { arena, segments } = arenaWithPool();
    const region = arena.allocate(4 * chunkBytes);
    region.write(0, bytesOf("text", 4 * chunkBytes));
    arena.compressSync(region);
    segments[0]?.view.fill(0, 8, 40);
    const { restored, damaged } = await arena.prefetch(region);
    expect({ restored, damaged }).toEqual({ restored: 3, damaged: 1 });
    arena.close();
  });
});
