import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ChunkTable } from "./chunk-table.ts";
import { GenerationLists, listHeads } from "./generation-lists.ts";

type Step = "advance" | "insert" | "remove";
const steps = fc.array(fc.tuple(fc.constantFrom<Step>("advance", "insert", "insert", "remove"), fc.nat(1000)), {
  maxLength: 200,
});

describe("the lists by last use", () => {
  test("name a chunk that no other was used before, within fifteen epochs, and never one that was removed", () => {
    fc.assert(
      fc.property(steps, (run) => {
        const table = new ChunkTable(listHeads);
        const lists = new GenerationLists(table);
        const base = table.reserve(40);
        const used = new Map<number, number>();
        for (const [step, number] of run) {
          const id = base + (number % 40);
          if (step === "advance") lists.advance();
          else if (step === "remove" && used.delete(id)) lists.remove(id);
          else if (step === "insert" && !used.has(id)) {
            const epoch = Math.max(0, lists.epoch - (number % 25));
            used.set(id, epoch);
            lists.insert(id, epoch);
          }
          const victim = lists.leastRecent();
          const oldest = Math.min(...used.values());
          if (used.size === 0) expect(victim).toBe(-1);
          else expect(Math.max(used.get(victim) ?? -1, 0) <= Math.max(oldest, lists.epoch - 14)).toBe(true);
        }
        expect(new Set(lists.mostRecent(100))).toEqual(new Set(used.keys()));
      }),
      { numRuns: 200 },
    );
  });

  test("name those used last first", () => {
    const table = new ChunkTable(listHeads);
    const lists = new GenerationLists(table);
    const base = table.reserve(5);
    for (let epoch = 0; epoch < 5; epoch += 1) {
      lists.insert(base + epoch, epoch);
      lists.advance();
    }
    expect([lists.mostRecent(2), lists.leastRecent()]).toEqual([[base + 4, base + 3], base]);
  });
});
