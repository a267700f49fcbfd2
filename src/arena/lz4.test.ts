import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bytesOf } from "../../test/shared/arena-model.ts";
import { lz4Peers } from "../../test/shared/lz4-peers.ts";
import { lz4Compress, lz4Decompress } from "./lz4.ts";

/** Pieces that repeat, at lengths around every limit of the format. */
const compressible = fc
  .array(fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.integer({ min: 1, max: 400 })), { maxLength: 12 })
  .map((parts) =>
    Uint8Array.from(parts.flatMap(([piece, times]) => Array.from({ length: times }, () => [...piece]).flat())),
  )
  .map((bytes) => bytes.subarray(0, 65_536));
const anyBytes = fc.oneof(compressible, fc.uint8Array({ maxLength: 600 }));

function compress(bytes: Uint8Array, acceleration = 1): Uint8Array {
  const target = new Uint8Array(bytes.length + Math.ceil(bytes.length / 255) + 16);
  return target.subarray(0, lz4Compress(bytes, target, acceleration));
}

function decompress(block: Uint8Array, length: number): Uint8Array | null {
  const target = new Uint8Array(length);
  return lz4Decompress(block, target) ? target : null;
}

/** `toEqual` looks at every byte as a property. */
const isSame = (found: Uint8Array | null, wanted: Uint8Array): boolean =>
  found !== null && Buffer.compare(found, wanted) === 0;

describe("the LZ4 codec in JavaScript", () => {
  test("gives back what it was given", () => {
    const acceleration = fc.constantFrom(1, 2, 9, 65_537);
    fc.assert(
      fc.property(anyBytes, acceleration, (bytes, by) => {
        expect(isSame(decompress(compress(bytes, by), bytes.length), bytes)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  for (const peer of lz4Peers) {
    test(`makes blocks that ${peer.name} reads, and reads those of ${peer.name}`, () => {
      fc.assert(
        fc.property(anyBytes, (bytes) => {
          expect(isSame(peer.decompress(compress(bytes), bytes.length), bytes)).toBe(true);
          const block = peer.compress(bytes);
          if (block !== null) expect(isSame(decompress(block, bytes.length), bytes)).toBe(true);
        }),
        { numRuns: 200 },
      );
    });
  }

  test("keeps the end of the block in literals, as the format demands", () => {
    const block = compress(new Uint8Array(1000));
    // Token, distance, length of the match; then five literals.
    expect([...block.subarray(-6)]).toEqual([0x50, 0, 0, 0, 0, 0]);
  });

  test("says no to any other length, and to any block cut short", () => {
    const bytes = bytesOf("text", 4096);
    const block = compress(bytes);
    expect([decompress(block, 4095), decompress(block, 4097)]).toEqual([null, null]);
    for (let length = 0; length < block.length; length += 1) {
      expect(decompress(block.subarray(0, length), 4096)).toBeNull();
    }
  });

  test("never writes outside of its target, whatever it is told to read", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(500), (block, length) => {
        const around = new Uint8Array(length + 128).fill(0xa5);
        lz4Decompress(block, around.subarray(64, 64 + length));
        expect([...around.subarray(0, 64), ...around.subarray(64 + length)].every((byte) => byte === 0xa5)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test("gives up when the block does not fit", () => {
    const bytes = bytesOf("random", 4096);
    expect(lz4Compress(bytes, new Uint8Array(4095), 1)).toBe(0);
    expect(lz4Compress(bytesOf("text", 4096), new Uint8Array(20), 1)).toBe(0);
  });
});
