import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { launcherPath, requireAddon } from "../../src/kernel/index.ts";
import { bytesOf } from "../shared/arena-model.ts";
import { lz4Peers } from "../shared/lz4-peers.ts";

/** What the scripts below begin with: the raw addon, in a thread or a process of their own. */
const prelude = `
  const loaded = { exports: {} };
  process.dlopen(loaded, ${JSON.stringify(launcherPath()?.replace(/corral-launch$/, "corral.node") ?? "")});
  const addon = loaded.exports;
`;

const inNode = (script: string, ...flags: string[]) =>
  spawnSync(process.execPath, [...flags, "-e", prelude + script], { encoding: "utf8" });

/** Packs one chunk; answers its three numbers and its block. */
function pack(bytes: Uint8Array, sample = false) {
  const output = new Uint8Array(bytes.length);
  const results = new Uint32Array(3);
  requireAddon().packChunks(bytes, bytes.length, new Uint32Array([0]), 1, sample, output, results);
  const [kind = 0, first = 0, second = 0] = results;
  return { kind, first, second, block: output.subarray(0, kind === 1 ? first : 0) };
}

for (const peer of lz4Peers)
  test(`blocks of the addon are read by ${peer.name}, and it reads those of ${peer.name}`, () => {
    const addon = requireAddon();
    for (const length of [512, 4096, 65_536]) {
      for (let round = 0; round < 20; round += 1) {
        const bytes = bytesOf("text", length);
        bytes.set(bytesOf("random", (length * round) / 25), length / 8);
        const { kind, block, second: checksum } = pack(bytes);
        assert.equal(kind, 1);
        assert.equal(Buffer.compare(peer.decompress(block, length), bytes), 0);
        const theirs = peer.compress(bytes);
        if (theirs === null) continue;
        const back = new Uint8Array(length);
        assert.equal(addon.unpackChunk(theirs, 0, theirs.length, back, 0, length, checksum), 0);
        assert.equal(Buffer.compare(back, bytes), 0);
      }
    }
  });

test("a chunk is told by kind: filled, random, without gain, compressed", () => {
  const filled = pack(new Uint8Array(4096).map((_, at) => at % 8));
  assert.deepEqual([filled.kind, filled.first, filled.second], [2, 0x03020100, 0x07060504]);
  const random = bytesOf("random", 4096);
  assert.deepEqual(
    [pack(random, true).kind, pack(random, false).kind, pack(bytesOf("text", 4096), true).kind],
    [4, 3, 1],
  );
});

test("damaged blocks are refused or have another checksum, and nothing outside of the chunk is written", () => {
  const addon = requireAddon();
  const bytes = bytesOf("text", 4096);
  const { block, second: checksum } = pack(bytes);
  const memory = new Uint8Array(3 * 4096);
  let refused = 0;
  for (let at = 0; at < block.length; at += 1) {
    for (const mask of [1, 0x10, 0xff]) {
      const damaged = block.slice();
      damaged[at] = (damaged[at] as number) ^ mask;
      memory.fill(0xa5);
      const outcome = addon.unpackChunk(damaged, 0, damaged.length, memory, 4096, 4096, checksum);
      if (outcome !== 0) refused += 1;
      else assert.equal(Buffer.compare(memory.subarray(4096, 8192), bytes), 0);
      assert.ok(memory.subarray(0, 4096).every((byte) => byte === 0xa5));
      assert.ok(memory.subarray(8192).every((byte) => byte === 0xa5));
    }
  }
  assert.ok(refused > block.length * 2.5);
});

test("what is not inside of its buffer is a RangeError, and a buffer that is gone is none", () => {
  const { status, stdout, stderr } = inNode(`
    const told = (call) => { try { call(); return "went through"; } catch (thrown) { return thrown.constructor.name; } };
    const memory = addon.mapMemory(65536);
    const view = new Uint8Array(memory);
    const one = new Uint32Array(1);
    const out = new Uint8Array(4096);
    const res = new Uint32Array(3);
    console.log([
      told(() => addon.windowMemory(memory, 65536, 1)),
      told(() => addon.windowMemory(memory, -1, 1)),
      told(() => addon.adviseMemory(memory, 0, 65537, 4)),
      told(() => addon.residentBytes(memory, 1e18, 1)),
      told(() => addon.packChunks(view, 4096, Uint32Array.of(16), 1, true, out, res)),
      told(() => addon.packChunks(view, 65544, one, 1, true, new Uint8Array(70000), res)),
      told(() => addon.packChunks(view, 4096, one, 1, true, new Uint8Array(4095), res)),
      told(() => addon.packChunks(view, 4096, one, 1, true, out, new Uint32Array(2))),
      told(() => addon.packChunksAsync(view.subarray(4096), 4096, one, 1, true, out, res)),
      told(() => addon.unpackChunk(out, 4000, 97, view, 0, 4096, 0)),
      told(() => addon.unpackChunk(out, 0, 9, view, 61441, 4096, 0)),
      told(() => addon.adviseMemory(memory, 1, 4096, 4)),
      told(() => { addon.detachMemory(memory); addon.windowMemory(memory, 0, 0); }),
    ].join(" "));
  `);
  assert.deepEqual([status, stderr], [0, ""]);
  assert.equal(stdout.trim(), `${"RangeError ".repeat(8)}Error RangeError RangeError Error Error`);
});

test("a window is its mapping's memory, and outlives its buffer until it is detached itself", () => {
  const addon = requireAddon();
  const memory = addon.mapMemory(16_384);
  const bytes = new Uint8Array(memory);
  const window = new Uint8Array(addon.windowMemory(memory, 4096, 8192));
  window[0] = 7;
  assert.equal(bytes[4096], 7);
  addon.detachMemory(memory);
  assert.deepEqual([bytes.length, window[0], window.length], [0, 7, 8192]);
  addon.detachMemory(window.buffer);
  assert.equal(window.length, 0);
});

test("a worker thread may be ended, and memory be detached, while chunks are packed on the pool", async () => {
  const script = `${prelude}
    const { parentPort } = require("node:worker_threads");
    const memory = new Uint8Array(addon.mapMemory(8 << 20));
    for (let at = 0; at < memory.length; at += 7) memory[at] = at;
    const chunks = Uint32Array.from({ length: 128 }, (_, index) => index);
    const lane = () => {
      const output = new Uint8Array(8 << 20);
      const results = new Uint32Array(384);
      const again = () => addon.packChunksAsync(memory, 65536, chunks, 1, false, output, results).then(again);
      again().catch(() => {});
    };
    for (let count = 0; count < 4; count += 1) lane();
    if (process.env.DETACH) setTimeout(() => addon.detachMemory(memory.buffer), 2);
    setTimeout(() => parentPort.postMessage("busy"), 5);
  `;
  for (let round = 0; round < 8; round += 1) {
    const worker = new Worker(script, { eval: true, env: { ...process.env, DETACH: round % 2 === 0 ? "1" : "" } });
    await new Promise((resolve, reject) => void worker.once("message", resolve).once("error", reject));
    await worker.terminate();
  }
});

test("memory that nobody closed is collected", () => {
  const { status, stdout, stderr } = inNode(
    `
    (async () => {
      const before = process.memoryUsage.rss();
      for (let round = 0; round < 24; round += 1) {
        new Uint8Array(addon.mapMemory(16 << 20)).fill(1);
        gc();
        await new Promise((resolve) => setImmediate(resolve));
      }
      gc();
      await new Promise((resolve) => setTimeout(resolve, 20));
      const grown = process.memoryUsage.rss() - before;
      console.log(grown < 64 << 20 ? "collected" : grown);
    })();`,
    "--expose-gc",
  );
  assert.deepEqual([status, stdout.trim(), stderr], [0, "collected", ""]);
});
