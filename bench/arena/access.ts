import type { Region } from "../../src/arena/index.ts";
import { createArena } from "../../src/arena/index.ts";
import { nowMs, summarize } from "../lib/measure.ts";
import { bytesOf, contents } from "./contents.ts";

/** Median nanoseconds of one access. */
export interface AccessFigure {
  readonly name: string;
  readonly ns: number;
}

const chunks = 1024;
const chunkBytes = 4096;

function nsPer(count: number, run: () => void): number {
  const start = nowMs();
  run();
  return ((nowMs() - start) * 1e6) / count;
}

const eachChunk = (touch: (offset: number) => void) => (): void => {
  for (let chunk = 0; chunk < chunks; chunk += 1) touch(((chunk * 617) % chunks) * chunkBytes + 5);
};

/** A plain array, the arena's memory, and the arena's compressed memory, by turns. */
export function measureAccess(rounds: number): AccessFigure[] {
  const [json] = contents;
  if (json === undefined) return [];
  using arena = createArena({ capacityBytes: 2 ** 24 });
  const content = bytesOf(json, chunks * chunkBytes);
  const region: Region = arena.allocate(content.length);
  const array = content.slice();
  const into = new Uint8Array(chunkBytes);
  const raw = (): void => region.write(0, content);
  const packed = (): void => {
    raw();
    arena.compressSync(region);
  };
  const touchArray = eachChunk((offset) => {
    array[offset] = (array[offset] as number) ^ 1;
  });
  const variants: readonly (readonly [string, () => void, () => void])[] = [
    ["touch, plain Uint8Array", () => {}, touchArray],
    ["touch, arena, in memory", raw, eachChunk((offset) => region.touch(offset, "xor"))],
    ["touch, arena, compressed", packed, eachChunk((offset) => region.touch(offset, "xor"))],
    [
      "copy of 4 KiB, plain Uint8Array",
      () => {},
      eachChunk((offset) => into.set(array.subarray(offset - 5, offset + 4091))),
    ],
    ["read of 4 KiB, arena, in memory", raw, eachChunk((offset) => void region.read(offset - 5, into))],
    ["read of 4 KiB, arena, compressed", packed, eachChunk((offset) => void region.read(offset - 5, into))],
  ];
  const samples = new Map(variants.map(([name]) => [name, [] as number[]]));
  for (let count = -2; count < rounds; count += 1) {
    for (const [name, prepare, run] of variants) {
      prepare();
      const ns = nsPer(chunks, run);
      if (count >= 0) samples.get(name)?.push(ns);
    }
  }
  return variants.map(([name]) => ({ name, ns: summarize(samples.get(name) ?? []).median }));
}
