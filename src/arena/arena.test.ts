import { describe, expect, test } from "vitest";
import { checkModel } from "../../test/shared/arena-model.ts";
import { createArenaOn } from "./arena.ts";
import type { ArenaOptions } from "./options.ts";
import { resolveOptions } from "./options.ts";
import { plainCodec } from "./plain-codec.ts";
import { plainMemory } from "./plain-memory.ts";

const plainArena = (options: ArenaOptions) =>
  createArenaOn({ memory: plainMemory, codec: plainCodec(resolveOptions(options)) }, options);

describe("an arena without the addon", () => {
  for (const chunkBytes of [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536]) {
    test(`is a plain buffer to whoever uses it, with chunks of ${chunkBytes} bytes`, () =>
      checkModel(chunkBytes, plainArena, { few: 30, many: 5 }));
  }

  test("gives a slab back when all of it is compressed, and holds it again when a byte is read", () => {
    const arena = plainArena({ capacityBytes: 2 ** 20 });
    const region = arena.allocate(2 ** 19);
    region.write(0, new Uint8Array(2 ** 19).fill(7));
    expect(arena.stats().gauges.raw_bytes_resident).toBe(2 ** 19);
    arena.compressSync(region);
    expect(arena.stats().gauges.raw_bytes_resident).toBe(0);
    expect(region.read(2 ** 18, 1)).toEqual(new Uint8Array([7]));
    expect(arena.stats().gauges.raw_bytes_resident).toBe(2 ** 18);
    arena.close();
  });
});
