import assert from "node:assert/strict";
import { pbkdf2 } from "node:crypto";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import type { Arena, ArenaOptions } from "../../src/arena/index.ts";
import { createArena } from "../../src/arena/index.ts";
import { readRlimit, rlimits, setRlimit } from "../../src/kernel/index.ts";
import { bytesOf, checkModel } from "../shared/arena-model.ts";
import { withoutAddon } from "./support.ts";

const kib = 1024;
const mib = 2 ** 20;
const gib = 2 ** 30;

/** Content that compresses about two to one. */
function fillHalfRandom(arena: Arena, bytes: number) {
  const region = arena.allocate(bytes);
  const page = bytesOf("text", 4096);
  for (let at = 0; at < bytes; at += 4096) {
    page.set(bytesOf("random", 1800));
    region.write(at, page.subarray(0, Math.min(4096, bytes - at)));
  }
  return region;
}

for (const chunkBytes of [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536])
  test(`an arena is a plain buffer to whoever uses it, with chunks of ${chunkBytes} bytes`, () =>
    checkModel(chunkBytes, createArena, { few: 150, many: chunkBytes > 8192 ? 10 : 30 }));

test("memory that is compressed is given back: the kernel says so, page by page and in the PSS of the process", async () => {
  using arena = createArena({ capacityBytes: 64 * mib });
  const region = fillHalfRandom(arena, 64 * mib);
  const before = arena.measure();
  assert.equal(before.raw_bytes_resident, 64 * mib);
  const { admitted } = await arena.compress(region);
  assert.equal(admitted, (64 * mib) / 4096);
  const after = arena.measure();
  const { gauges, derived } = arena.stats();
  assert.deepEqual([after.raw_bytes_resident, gauges.raw_bytes_resident], [0, 0]);
  assert.ok((after.pool_bytes_resident ?? 0) <= gauges.pool_bytes_committed);
  const fell = (before.pss_bytes ?? 0) - (after.pss_bytes ?? 0);
  assert.ok(fell >= 0.95 * derived.saved_bytes, `PSS fell by ${fell}, the arena claims ${derived.saved_bytes}`);
  assert.ok(derived.saved_bytes > 24 * mib, `${derived.saved_bytes}`);
  region.free();
  const { pool_bytes_resident, raw_bytes_resident } = arena.measure();
  assert.deepEqual([pool_bytes_resident, raw_bytes_resident, arena.stats().gauges.pool_segments], [0, 0, 0]);
});

for (const chunkBytes of [512, 1024, 2048])
  test(`a page goes only when all its chunks of ${chunkBytes} bytes are compressed`, () => {
    using arena = createArena({ capacityBytes: mib, chunkBytes });
    const region = arena.allocate(64 * kib);
    const text = bytesOf("text", 64 * kib);
    region.write(0, text);
    arena.compressSync({ region, offset: 4096, length: 8192 - chunkBytes });
    assert.equal(arena.measure().raw_bytes_resident, 64 * kib - 4096);
    arena.compressSync(region);
    assert.deepEqual([arena.measure().raw_bytes_resident, arena.stats().gauges.raw_bytes_resident], [0, 0]);
    assert.equal(Buffer.compare(region.read(0, 64 * kib), text), 0);
  });

test("random data costs no memory and is looked at once", async () => {
  using arena = createArena({ capacityBytes: 16 * mib, minSavingsPercent: 0 });
  const region = arena.allocate(16 * mib);
  region.write(0, bytesOf("random", 16 * mib));
  const before = arena.measure();
  const first = await arena.compress(region);
  const second = await arena.compress(region);
  const after = arena.measure();
  assert.deepEqual([first.attempted, first.admitted, second.attempted], [4096, 0, 0]);
  assert.deepEqual([after.pool_bytes_resident, after.raw_bytes_resident], [0, 16 * mib]);
  const grown = (after.pss_bytes ?? 0) - (before.pss_bytes ?? 0);
  assert.ok(grown < 4 * mib, `PSS grew by ${grown}`);
});

test("a pool that is too small claims no more than the kernel confirms", async () => {
  using arena = createArena({ capacityBytes: 2 * mib });
  const region = fillHalfRandom(arena, 32 * mib);
  const before = arena.measure();
  const { admitted, evicted, stopped } = await arena.compress(region);
  await arena.compress(region);
  const after = arena.measure();
  const { derived, gauges } = arena.stats();
  assert.deepEqual([stopped, evicted, admitted > 300], ["pool-full", 0, true]);
  const gone = (before.raw_bytes_resident ?? 0) - (after.raw_bytes_resident ?? 0);
  const held = (after.pool_bytes_resident ?? 0) + gauges.metadata_bytes;
  assert.ok((derived.ratio_live ?? 0) <= gone / held, `${derived.ratio_live} claimed, ${gone} gone for ${held} held`);
  const whole = before.raw_bytes_resident ?? 0;
  const confirmed = whole / (whole - gone + held);
  assert.ok((derived.ratio_e2e ?? 0) <= confirmed, `${derived.ratio_e2e} claimed, ${confirmed} confirmed`);
});

test("a hundred regions, some of them freed, keep their content apart", async () => {
  using arena = createArena({ capacityBytes: 4 * mib });
  const contents = Array.from({ length: 100 }, (_, index) => bytesOf("text", 4096 * (1 + (index % 7)) - index));
  const regions = contents.map((bytes, index) => {
    const region = arena.allocate(bytes.length, `r${index}`);
    region.write(0, bytes);
    return region;
  });
  await arena.compress("all");
  for (let index = 0; index < 100; index += 3) regions[index]?.free();
  const late = arena.allocate(50_000);
  late.write(0, bytesOf("text", 50_000));
  await arena.compress("all");
  for (const [index, region] of regions.entries()) {
    if (!region.isOpen) continue;
    assert.equal(Buffer.compare(region.read(0, region.bytes), contents[index] as Uint8Array), 0);
  }
});

/** Keeps libuv's pool busy for a while, so that what is asked of it waits. */
const occupyPool = (): void => {
  for (let thread = 0; thread < 4; thread += 1) pbkdf2("x", "y", 40_000, 64, "sha512", () => {});
};

test("a chunk that was given back and restored while it was packed is not taken for what was packed", async () => {
  using arena = createArena({ capacityBytes: mib });
  const region = arena.allocate(8 * 4096);
  const text = bytesOf("text", 8 * 4096);
  region.write(0, text);
  occupyPool();
  const work = arena.compress(region);
  arena.compressSync(region);
  // The pool packs the empty pages meanwhile.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 400);
  assert.equal(Buffer.compare(region.read(0, text.length), text), 0);
  const { rejected } = await work;
  assert.equal(rejected.changed, 8);
  assert.equal(Buffer.compare(region.read(0, text.length), text), 0);
});

test("a region that is freed while it is packed, or its arena closed, is left alone", async () => {
  const arena = createArena({ capacityBytes: mib });
  const region = arena.allocate(mib);
  region.write(0, bytesOf("text", mib));
  occupyPool();
  const freed = arena.compress(region);
  region.free();
  const other = arena.allocate(mib);
  other.write(0, bytesOf("text", mib));
  const closed = arena.compress(other);
  arena.close();
  const results = await Promise.all([freed, closed]);
  assert.deepEqual(
    results.map(({ admitted, rejected, stopped }) => [admitted, rejected.changed, stopped]),
    [
      [0, 8, "closed"],
      [0, 8, "closed"],
    ],
  );
});

/** Runs `body` in a process that may map so many bytes more. */
function withAddressSpace(moreBytes: number, body: () => void): void {
  const status = readFileSync("/proc/self/status", "latin1");
  const mapped = BigInt(/^VmSize:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024n;
  const before = readRlimit(process.pid, rlimits.as);
  setRlimit(process.pid, { ...before, soft: mapped + BigInt(moreBytes) });
  try {
    body();
  } finally {
    setRlimit(process.pid, before);
  }
}

// V8 itself does not survive the lack of memory, so that there is no such test without the addon.
test("memory that the kernel refuses is ARENA_MEMORY, and the arena goes on", () => {
  using arena = createArena({ capacityBytes: mib });
  withAddressSpace(350 * mib, () => {
    assert.throws(() => arena.allocate(gib), { code: "ARENA_MEMORY", found: "ENOMEM" });
  });
  const region = arena.allocate(4096);
  region.touch(0, "increment");
  assert.deepEqual([region.read(0, 1)[0], arena.stats().gauges.regions], [1, 1]);
});

/** What can be compared of an arena with and without the addon: not memory in units, and not time. */
function outcome(options: ArenaOptions) {
  using arena = createArena(options);
  const region = arena.allocate(mib);
  for (const [index, kind] of (["text", "random", "constant", "zero"] as const).entries()) {
    for (let at = 0; at < 256 * kib; at += 4096) {
      const bytes = Buffer.from(`${index} ${at} some text that comes again and again, `.repeat(100)).subarray(0, 4096);
      region.write(index * 256 * kib + at, kind === "text" ? bytes : fixedBytes(kind, at));
    }
  }
  arena.compressSync({ region, offset: 0, length: 700 * kib });
  region.read(5000, 20_000);
  region.touch(300 * kib, "increment");
  arena.compressSync("all");
  const { counters, gauges, derived } = arena.stats();
  const { demand_decompress_stall_ns_total: _, ...counted } = counters;
  const { compressed_bytes_live, pool_bytes_live, logical_bytes_live, chunks_rejected } = gauges;
  const bytes = Buffer.from(region.read(0, mib));
  return { counted, compressed_bytes_live, pool_bytes_live, logical_bytes_live, chunks_rejected, bytes, derived };
}

/** The same bytes every time. */
function fixedBytes(kind: "random" | "constant" | "zero", at: number): Uint8Array {
  let state = at + 12_345;
  return new Uint8Array(4096).map(() => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return kind === "random" ? state >>> 24 : kind === "constant" ? 77 : 0;
  });
}

for (const chunkBytes of [1024, 4096, 65_536])
  test(`without the addon an arena does the same, with chunks of ${chunkBytes} bytes`, async () => {
    const options = { capacityBytes: 2 * mib, chunkBytes };
    const { derived: native, ...withAddon } = outcome(options);
    const { derived: plain, ...without } = await withoutAddon(async () => outcome(options));
    assert.deepEqual(without, withAddon);
    assert.deepEqual([plain.ratio_codec, plain.admit_rate], [native.ratio_codec, native.admit_rate]);
  });

test("without the addon memory is given back as well", async () => {
  await withoutAddon(async () => {
    using arena = createArena({ capacityBytes: 32 * mib });
    assert.equal(arena.mode, "plain");
    const region = arena.allocate(32 * mib);
    const text = bytesOf("text", mib);
    for (let at = 0; at < 32 * mib; at += mib) region.write(at, text);
    const before = arena.measure().rss_bytes ?? 0;
    await arena.compress(region);
    const fell = before - (arena.measure().rss_bytes ?? 0);
    assert.ok(fell > 16 * mib, `RSS fell by ${fell}`);
  });
});
