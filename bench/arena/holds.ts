import { setImmediate } from "node:timers/promises";
import { deflateRawSync } from "node:zlib";
import type { Arena } from "../../src/arena/index.ts";
import { createArena } from "../../src/arena/index.ts";
import { lz4Peers } from "../../test/shared/lz4-peers.ts";
import { nowMs } from "../lib/measure.ts";
import { bytesOf, contents } from "./contents.ts";

/** How long single turns of the event loop were, while everything was compressed. */
export interface HoldFigure {
  readonly name: string;
  readonly turns: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  readonly tookMs: number;
}

/** What one compression of the whole takes: batches of a turn each, as a careful program would do it by hand. */
const chunkBytes = 4096;
const chunksPerTurn = 128;

function figure(name: string, ms: readonly number[], tookMs: number): HoldFigure {
  const sorted = ms.toSorted((a, b) => a - b);
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  return { name, turns: ms.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), tookMs };
}

/** Times that the arena compresses the whole: one has too few turns for a 99th percentile. */
const repeats = 6;

async function holdsOfArena(name: string, arena: Arena, content: Uint8Array, sliceMs: number): Promise<HoldFigure> {
  const region = arena.allocate(content.length);
  let tookMs = 0;
  for (let count = 0; count < repeats; count += 1) {
    region.write(0, content);
    const start = nowMs();
    await arena.compress(region, { budgetMs: sliceMs });
    tookMs += (nowMs() - start) / repeats;
  }
  const { count, p50_us, p99_us, max_us } = arena.stats().latency.loop_hold;
  arena.close();
  const ms = (us: number | null): number => (us ?? Number.NaN) / 1000;
  return { name, turns: count, p50Ms: ms(p50_us), p99Ms: ms(p99_us), maxMs: ms(max_us), tookMs };
}

async function holdsByHand(name: string, content: Uint8Array, compress: (chunk: Uint8Array) => unknown) {
  const turns: number[] = [];
  const start = nowMs();
  for (let at = 0; at < content.length; at += chunksPerTurn * chunkBytes) {
    const end = Math.min(content.length, at + chunksPerTurn * chunkBytes);
    const turn = nowMs();
    for (let chunk = at; chunk < end; chunk += chunkBytes) compress(content.subarray(chunk, chunk + chunkBytes));
    turns.push(nowMs() - turn);
    await setImmediate();
  }
  return figure(name, turns, nowMs() - start);
}

function withoutAddon<T>(make: () => T): T {
  process.env["CORRAL_NO_ADDON"] = "1";
  try {
    return make();
  } finally {
    delete process.env["CORRAL_NO_ADDON"];
  }
}

/** The same JSON by every way, one after the other. */
export async function measureHolds(regionBytes: number, sliceMs: number): Promise<HoldFigure[]> {
  const [json] = contents;
  if (json === undefined) return [];
  const content = bytesOf(json, regionBytes);
  const options = { capacityBytes: regionBytes };
  const ways = [
    () => holdsOfArena("arena, addon", createArena(options), content, sliceMs),
    () =>
      holdsOfArena(
        "arena, JavaScript",
        withoutAddon(() => createArena(options)),
        content,
        sliceMs,
      ),
    ...lz4Peers.map(
      (peer) => () => holdsByHand(`${peer.name}, 128 chunks a turn`, content, (chunk) => peer.compress(chunk)),
    ),
    () => holdsByHand("deflate-1, 128 chunks a turn", content, (chunk) => deflateRawSync(chunk, { level: 1 })),
  ];
  const figures: HoldFigure[] = [];
  for (const way of ways) figures.push(await way());
  return figures;
}
