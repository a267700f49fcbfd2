import assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Arena, ArenaOptions, Region } from "../../src/arena/index.ts";

/** What a step does to a region; `where` and `size` are parts of what the region has. */
type Step =
  | { readonly do: "write"; readonly where: number; readonly size: number; readonly content: Content }
  | { readonly do: "read"; readonly where: number; readonly size: number }
  | { readonly do: "touch"; readonly where: number; readonly op: "increment" | "xor"; readonly times: number }
  | { readonly do: "pin"; readonly where: number; readonly size: number; readonly value: number }
  | { readonly do: "compress"; readonly where: number; readonly size: number; readonly wait: boolean }
  | { readonly do: "compressNow"; readonly all: boolean }
  | { readonly do: "prefetch"; readonly wait: boolean }
  | { readonly do: "hint" }
  | { readonly do: "resize"; readonly share: number }
  | { readonly do: "turn" };

export type Content = "zero" | "constant" | "text" | "mixed" | "random";

const share = fc.integer({ min: 0, max: 1000 }).map((value) => value / 1000);
const content = fc.constantFrom<Content>("zero", "constant", "text", "mixed", "mixed", "random");

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant("write" as const), where: share, size: share, content }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("read" as const), where: share, size: share }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant("touch" as const),
      where: share,
      op: fc.constantFrom("increment" as const, "xor" as const),
      times: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("pin" as const), where: share, size: share, value: fc.nat(255) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("compress" as const), where: share, size: share, wait: fc.boolean() }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constant("compressNow" as const), all: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("prefetch" as const), wait: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("hint" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("resize" as const), share }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("turn" as const) }) },
);

const steps = fc.array(fc.record({ region: fc.nat(1), step }), { minLength: 1, maxLength: 60 });

/**
 * Runs steps on arenas of `create`: on a few chunks, where work under way meets accesses, and on a hundred in the smallest pool,
 * where blocks are moved, evicted and refused.
 */
export async function checkModel(
  chunkBytes: number,
  create: (options: ArenaOptions) => Arena,
  runs: { readonly few: number; readonly many: number },
): Promise<void> {
  const smallest = smallestCapacity(chunkBytes);
  const check = (regionBytes: readonly number[], first: Content, capacities: readonly number[], numRuns: number) => {
    const property = fc.asyncProperty(steps, fc.constantFrom(...capacities), async (run, capacityBytes) => {
      const arena = create({ capacityBytes, chunkBytes });
      const model = new ArenaModel(arena, capacityBytes, regionBytes, first);
      for (const one of run) await model.run(one.region, one.step);
      await model.finish();
    });
    return fc.assert(property, { numRuns });
  };
  await check([9 * chunkBytes + 77, 3 * chunkBytes], "zero", [2 ** 20], runs.few);
  await check([100 * chunkBytes - 5, 20 * chunkBytes], "mixed", [smallest, 3 * smallest], runs.many);
}

let seed = 1;

/** Bytes of a kind, new ones every time. */
export function bytesOf(kind: Content, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  const next = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed >>> 24;
  };
  if (kind === "constant") return bytes.fill(next());
  if (kind === "random") for (let at = 0; at < length; at += 1) bytes[at] = next();
  if (kind === "mixed") for (let at = 0; at < length; at += 1) bytes[at] = at & 256 ? next() : at >>> 9;
  if (kind === "text") {
    const words = `{"id":${next()},"name":"user ${next()}","tags":["red","green"],"active":true},`;
    for (let at = 0; at < length; at += words.length) bytes.set(Buffer.from(words).subarray(0, length - at), at);
  }
  return bytes;
}

/** The smallest that `createArena` takes. */
export const smallestCapacity = (chunkBytes: number): number => Math.max(65_536, 4 * chunkBytes);

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

/** Regions of an arena beside plain buffers that are treated alike. */
class ArenaModel {
  readonly #arena: Arena;
  readonly #capacityBytes: number;
  readonly #regions: readonly Region[];
  readonly #oracles: readonly Uint8Array[];
  readonly #running: Promise<unknown>[] = [];

  constructor(arena: Arena, capacityBytes: number, regionBytes: readonly number[], content: Content) {
    this.#arena = arena;
    this.#capacityBytes = capacityBytes;
    this.#regions = regionBytes.map((bytes) => arena.allocate(bytes));
    this.#oracles = regionBytes.map((bytes) => bytesOf(content, bytes));
    for (const [index, region] of this.#regions.entries()) {
      if (content !== "zero") region.write(0, this.#oracles[index] as Uint8Array);
    }
  }

  /** Does a step to the region and to its oracle, and compares what can be seen of it. */
  async run(index: number, one: Step): Promise<void> {
    const region = this.#regions[index] as Region;
    const oracle = this.#oracles[index] as Uint8Array;
    const range = (where: number, size: number) => {
      const offset = Math.floor(where * (region.bytes - 1));
      return { offset, length: Math.floor(size * size * (region.bytes - offset)) };
    };
    switch (one.do) {
      case "write": {
        const { offset, length } = range(one.where, one.size);
        const bytes = bytesOf(one.content, length);
        region.write(offset, bytes);
        oracle.set(bytes, offset);
        return;
      }
      case "read": {
        const { offset, length } = range(one.where, one.size);
        assert.equal(Buffer.compare(region.read(offset, length), oracle.subarray(offset, offset + length)), 0);
        return;
      }
      case "touch": {
        const { offset } = range(one.where, 0);
        for (let time = 0; time < one.times; time += 1) {
          const at = (offset + time * 611) % region.bytes;
          region.touch(at, one.op);
          oracle[at] = one.op === "increment" ? (oracle[at] as number) + 1 : (oracle[at] as number) ^ 1;
        }
        return;
      }
      case "pin": {
        const { offset, length } = range(one.where, one.size);
        const seen = region.withPinned({ offset, length }, (bytes) => {
          const copy = bytes.slice();
          this.#arena.compressSync("all");
          bytes.fill(one.value);
          return copy;
        });
        assert.equal(Buffer.compare(seen, oracle.subarray(offset, offset + length)), 0);
        oracle.fill(one.value, offset, offset + length);
        return;
      }
      case "compress": {
        const work = this.#arena.compress({ region, ...range(one.where, one.size) });
        if (one.wait) await work;
        else this.#running.push(work);
        return;
      }
      case "compressNow":
        this.#arena.compressSync(one.all ? "all" : region);
        return;
      case "prefetch": {
        const work = this.#arena.prefetch(region);
        if (one.wait) await work;
        else this.#running.push(work);
        return;
      }
      case "hint":
        this.#running.push(this.#arena.phaseHint("active_soon"));
        return;
      case "resize":
        this.#arena.resize(Math.max(smallestCapacity(region.chunkBytes), Math.floor(one.share * this.#capacityBytes)));
        return;
      case "turn":
        await turn();
    }
  }

  /** Waits for what is under way, and compares every byte. */
  async finish(): Promise<void> {
    await Promise.all(this.#running);
    this.checkStats();
    for (const [index, region] of this.#regions.entries()) {
      assert.equal(Buffer.compare(region.read(0, region.bytes), this.#oracles[index] as Uint8Array), 0);
    }
    this.checkStats();
    for (const region of this.#regions) region.free();
    const { gauges } = this.#arena.stats();
    assert.deepEqual([gauges.logical_bytes_live, gauges.pool_bytes_live, gauges.pool_segments], [0, 0, 0]);
    this.#arena.close();
  }

  /** What the figures of an arena must be to each other, whatever happened. */
  checkStats(): void {
    const { gauges, counters, derived } = this.#arena.stats();
    const all = gauges.chunks_raw + gauges.chunks_compressed + gauges.chunks_untouched + gauges.chunks_lost;
    assert.equal(all * gauges.chunk_bytes, gauges.region_bytes);
    assert.equal(gauges.chunks_compressed * gauges.chunk_bytes, gauges.logical_bytes_live);
    assert.ok(gauges.pool_bytes_live <= gauges.pool_bytes_committed);
    assert.ok(gauges.compressed_bytes_live <= gauges.pool_bytes_live);
    const { demand_decompress_ops, prefetch_decompress_ops, eviction_decompress_ops } = counters;
    const restored = demand_decompress_ops + prefetch_decompress_ops + eviction_decompress_ops;
    assert.equal(counters.decompress_ops, restored);
    const left = restored + counters.overwritten_compressed_chunks + counters.corrupt_chunks;
    assert.equal(counters.chunks_admitted - left, gauges.chunks_compressed);
    assert.ok(derived.saved_bytes <= gauges.region_bytes);
  }
}
