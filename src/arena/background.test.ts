import { setTimeout } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { bytesOf } from "../../test/shared/arena-model.ts";
import { createArenaOn } from "./arena.ts";
import { ArenaState } from "./arena-state.ts";
import { Background } from "./background.ts";
import { resolveBackground } from "./background-options.ts";
import { ChunkTable } from "./chunk-table.ts";
import { resolveOptions } from "./options.ts";
import { plainCodec } from "./plain-codec.ts";
import { plainMemory } from "./plain-memory.ts";
import { makeRegion } from "./region.ts";
import { RegionMemory } from "./region-memory.ts";
import { adaptColdEpochs, countTemperatures, temperatureOf, whySkip } from "./temperature.ts";

const settings = resolveBackground({});

describe("the temperature of a chunk", () => {
  test.each([
    [0, "hot"],
    [5, "hot"],
    [6, "warm"],
    [19, "warm"],
    [20, "cold"],
    [4_000_000, "cold"],
  ] as const)("that was used %i epochs ago is %s", (age, temperature) => {
    expect(temperatureOf(age, 5, 20)).toBe(temperature);
  });

  test("decides whether it is compressed, with its churn, its last ratio and its last restore", () => {
    const table = new ChunkTable(0);
    table.reserve(5);
    const epoch = 50;
    table.touched.set([45, 10, 10, 10, 30]);
    table.ratioBps.set([0, 9001, 9000, 0, 0]);
    table.changed.set([0, 0, 0, 48, 0]);
    table.touches.set([0, 0, 0, 0, 255]);
    const ages = { ...settings, coldEpochsNow: 20 };
    expect([0, 1, 2, 3].map((id) => whySkip(table, id, epoch, ages))).toEqual([
      "hot",
      "low_ratio",
      null,
      "recent_decompress",
    ]);
    // 255 accesses, halved three times, at an age that is cold already.
    expect(whySkip(table, 4, 33, { ...ages, coldEpochsNow: 3, hotEpochs: 0 })).toBe("churn");
  });
});

describe("the cold age", () => {
  test.each([
    [20, { stalls: 9, poolPercent: 0 }, 22],
    [20, { stalls: 8, poolPercent: 0 }, 19],
    [20, { stalls: 0, poolPercent: 70 }, 20],
    [199, { stalls: 100, poolPercent: 0 }, 200],
    [5, { stalls: 0, poolPercent: 0 }, 5],
  ])("%i becomes, after %o, %i", (now, seen, next) => {
    expect(adaptColdEpochs(now, seen, settings)).toBe(next);
  });
});

/** An arena's inside with a background whose ticks the test calls. */
function ticking(options = {}) {
  const arenaOptions = resolveOptions({ capacityBytes: 2 ** 20 });
  const arena = new ArenaState(arenaOptions, { memory: plainMemory, codec: plainCodec(arenaOptions) });
  const memory = new RegionMemory(plainMemory, 64, 4096);
  const entry = {
    name: "r",
    bytes: 2 ** 18,
    base: arena.table.reserve(64),
    chunkCount: 64,
    memory,
    pins: new Map(),
    freed: false,
  };
  arena.regions.add(entry);
  const background = new Background(arena, resolveBackground(options));
  return { arena, entry, background, region: makeRegion(arena, entry, () => {}) };
}

describe("the background", () => {
  test("compresses what was not used for twenty epochs, and leaves what was", async () => {
    const { arena, background, region } = ticking();
    region.write(0, bytesOf("text", 2 ** 18));
    for (let epoch = 0; epoch < 20; epoch += 1) {
      await background.compressTick();
      expect(arena.packedChunks).toBe(0);
      background.hotnessTick();
      region.read(0, 4096);
    }
    await background.compressTick();
    expect([arena.packedChunks, arena.counters.bg_compress_admits]).toEqual([63, 63]);
  });

  test("goes on where it stopped, so many chunks a tick", async () => {
    const { arena, background, region } = ticking({ maxChunksPerTick: 10, coldEpochs: 5 });
    region.write(0, bytesOf("text", 2 ** 18));
    for (let epoch = 0; epoch < 6; epoch += 1) background.hotnessTick();
    const seen: number[] = [];
    for (let tick = 0; tick < 7; tick += 1) {
      await background.compressTick();
      seen.push(arena.packedChunks);
    }
    expect(seen).toEqual([10, 20, 30, 40, 50, 60, 64]);
  });

  test("prefetches ahead of a sequential read, and counts what it does not do twice", async () => {
    const { arena, background, region, entry } = ticking({ coldEpochs: 5, prefetchDistance: 1, prefetchBatch: 4 });
    region.write(0, bytesOf("text", 2 ** 18));
    for (let epoch = 0; epoch < 6; epoch += 1) background.hotnessTick();
    await background.compressTick();
    for (const chunk of [7, 8, 9]) region.read(chunk * 4096, 1);
    expect(background.queue.length).toBe(4);
    region.read(14 * 4096, 1);
    await background.prefetchTick();
    // The run goes on behind what was prefetched: 15 to 18 as well.
    const states = Array.from({ length: 10 }, (_, index) => arena.table.state[entry.base + 10 + index]);
    expect(states).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 3]);
    const { prefetch_decompress_ops, demand_decompress_ops } = arena.counters;
    expect([prefetch_decompress_ops, demand_decompress_ops]).toEqual([8, 4]);
  });

  test("makes the cold age longer after stalls, and shorter when the pool has room", () => {
    const { arena, background } = ticking();
    arena.counters.demand_decompress_stall_events += 9;
    background.adaptTick();
    expect(background.coldEpochs).toBe(22);
    background.adaptTick();
    expect(background.coldEpochs).toBe(21);
  });

  test("counts hot, warm and cold", () => {
    const { arena, entry, background, region } = ticking();
    for (const [chunk, epochs] of [
      [0, 15],
      [1, 10],
      [2, 2],
    ] as const) {
      region.touch(chunk * 4096, "xor");
      for (let epoch = 0; epoch < epochs; epoch += 1) background.hotnessTick();
    }
    const counts = countTemperatures(arena.table, [entry], arena.lists.epoch, { hotEpochs: 5, coldEpochs: 20 });
    expect(counts).toEqual({ hot: 1, warm: 1, cold: 1 });
  });

  test("runs by itself when it is asked to, and ends with the arena", async () => {
    const options = { capacityBytes: 2 ** 20, background: { hotnessTickMs: 1, compressTickMs: 1, coldEpochs: 5 } };
    const arena = createArenaOn({ memory: plainMemory, codec: plainCodec(resolveOptions(options)) }, options);
    arena.allocate(65_536).write(0, bytesOf("text", 65_536));
    for (let waited = 0; arena.stats().gauges.chunks_compressed < 16 && waited < 2000; waited += 5) await setTimeout(5);
    expect(arena.stats().counters.bg_compress_admits).toBe(16);
    arena.close();
    arena.close();
    expect(() => arena.startBackground()).toThrow(expect.objectContaining({ code: "ARENA_CLOSED" }));
  });
});
