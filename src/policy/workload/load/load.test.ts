import { deflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import type { ContentModel } from "./content.ts";
import { contentModels, pageFiller } from "./content.ts";
import { openLoop } from "./open-loop.ts";
import { seededRandom } from "./random.ts";
import { uniform, zipf } from "./zipf.ts";

const take = <T>(count: number, next: () => T): T[] => Array.from({ length: count }, next);

test("the same seed gives the same numbers, another one others, and 0 is a seed like any", () => {
  const numbers = (seed: number) => take(8, seededRandom(seed).uint32);
  expect(numbers(12_345)).toEqual(numbers(12_345));
  const all = [0, 1, 2, 12_345, 2 ** 32, 2 ** 53 - 1].map((seed) => numbers(seed).join(" "));
  expect(new Set(all).size).toBe(all.length);
  expect(new Set(numbers(0)).size).toBe(8);
});

test("numbers are spread evenly", () => {
  const random = seededRandom(0);
  const counts = take(16, () => 0);
  for (let index = 0; index < 160_000; index += 1) {
    const at = random.below(16);
    counts[at] = (counts[at] ?? 0) + 1;
  }
  // Standard deviation 97: five of them.
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});

/** How often each index came, most often first. */
function frequencies(items: number, draws: number, choose: () => number): number[] {
  const counts = take(items, () => 0);
  for (const index of take(draws, choose)) counts[index] = (counts[index] ?? 0) + 1;
  return counts;
}

test.each([0.5, 0.99, 1, 1.5])("zipf with exponent %d has the frequencies of the law", (exponent) => {
  const [items, draws] = [50, 200_000];
  const counts = frequencies(items, draws, zipf(items, exponent, seededRandom(7))).toSorted((a, b) => b - a);
  const weights = take(items, () => 0).map((_, index) => 1 / (index + 1) ** exponent);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  for (const rank of [0, 1, 2, 9]) {
    const wanted = ((weights[rank] ?? 0) / total) * draws;
    expect(Math.abs((counts[rank] ?? 0) - wanted)).toBeLessThan(6 * Math.sqrt(wanted));
  }
});

test("zipf reaches every item, and its hottest two are no neighbours", () => {
  const counts = frequencies(64, 100_000, zipf(64, 0.6, seededRandom(3)));
  expect(Math.min(...counts)).toBeGreaterThan(0);
  const [first = 0, second = 0] = counts
    .map((_, index) => index)
    .toSorted((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0));
  expect(Math.abs(first - second)).toBeGreaterThan(1);
});

test("uniform reaches every item", () => {
  expect(new Set(take(2000, uniform(64, seededRandom(1)))).size).toBe(64);
});

/** Part of the size that a stream of pages has after compression, each page for itself. */
function compressed(model: ContentModel, randomPercent: number): number {
  const fill = pageFiller({ model, randomPercent }, seededRandom(12_345));
  const page = new Uint8Array(4096);
  let bytes = 0;
  for (let index = 0; index < 200; index += 1) {
    fill(page, index);
    bytes += deflateRawSync(page, { level: 1 }).length;
  }
  return bytes / (200 * 4096);
}

test("content models are as compressible as what they stand for", () => {
  const shares = Object.fromEntries(contentModels.map((model) => [model, compressed(model, 0)]));
  expect(shares["zero"]).toBeLessThan(0.02);
  for (const model of ["json", "text", "pointer"]) {
    expect(shares[model]).toBeGreaterThan(0.1);
    expect(shares[model]).toBeLessThan(0.6);
  }
  expect(shares["random"]).toBeGreaterThan(0.99);
});

test("a share of random pages costs its share", () => {
  expect(compressed("zero", 50)).toBeCloseTo(0.5, 1);
  expect(compressed("zero", 100)).toBeGreaterThan(0.99);
});

test("pages are the same for the same seed, and no two are alike", () => {
  const pages = (seed: number) => {
    const fill = pageFiller({ model: "json", randomPercent: 10 }, seededRandom(seed));
    return take(20, () => new Uint8Array(4096)).map((page, index) => {
      fill(page, index);
      return Buffer.from(page).toString("latin1");
    });
  };
  expect(pages(1)).toEqual(pages(1));
  expect(pages(1)).not.toEqual(pages(2));
  expect(new Set(pages(1)).size).toBe(20);
});

test("an open loop releases exactly the asked number, and a stall takes nothing away", () => {
  const pace = openLoop(2500, 1000);
  const released: number[] = [];
  for (const nowMs of [999, 1000, 1001, 1002, 1500, 1999.9]) {
    const due = pace.due(nowMs);
    released.push(due);
    for (let index = 0; index < due; index += 1) pace.take();
  }
  expect(released).toEqual([0, 3, 2, 3, 1245, 1247]);
  expect(pace.taken).toBe(2500);
});

test("an operation was to be when its millisecond began, however late it is done", () => {
  const pace = openLoop(2500, 1000);
  expect([0, 1, 2, 3, 2499].map(pace.intendedMs)).toEqual([1000, 1000, 1000, 1001, 1999]);
  expect([pace.waitMs(990), pace.waitMs(1000), pace.waitMs(5000)]).toEqual([10, 0, 0]);
});

test("slow loops wait for their next operation", () => {
  const pace = openLoop(2, 0);
  expect(pace.due(0)).toBe(1);
  pace.take();
  expect([pace.due(499), pace.waitMs(100), pace.due(500)]).toEqual([0, 400, 1]);
});
