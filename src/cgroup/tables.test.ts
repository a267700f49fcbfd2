import * as fc from "fast-check";
import { expect, test } from "vitest";
import { resolveDisk, weightedDisks } from "./disks.ts";
import { niceToShares, weightToNice } from "./nice-table.ts";
import { scopeName } from "./systemd-scope.ts";

test("each nice level weighs about a quarter more than the next, and nice 0 weighs 1024", () => {
  const shares = Array.from({ length: 40 }, (_, index) => niceToShares(index - 20));
  expect([shares[0], shares[20], shares[39]]).toEqual([88_761, 1024, 15]);
  const ratios = shares.slice(1).map((share, index) => (shares[index] ?? 0) / share);
  expect(ratios.filter((ratio) => ratio < 1.18 || ratio > 1.33)).toEqual([]);
});

test.each([
  [1, 19],
  [50, 3],
  [80, 1],
  [100, 0],
  [200, -3],
  [10_000, -20],
])("a cpu weight of %i becomes nice %i", (weight, nice) => {
  expect(weightToNice(weight)).toBe(nice);
});

test("a larger weight never becomes a larger nice value, and none leaves -20..19", () => {
  const weight = fc.integer({ min: 1, max: 10_000 });
  fc.assert(
    fc.property(weight, weight, (a, b) => {
      const [low, high] = [weightToNice(Math.min(a, b)), weightToNice(Math.max(a, b))];
      expect(low >= high && high >= -20 && low <= 19).toBe(true);
    }),
  );
});

test("weights count on disks with BFQ or iocost only", () => {
  const disk = (name: string, scheduler: string, iocost: boolean) => ({ name, device: "8:0", scheduler, iocost });
  const disks = [disk("a", "none", false), disk("b", "bfq", false), disk("c", "mq-deadline", true)];
  expect(weightedDisks(disks).map(({ name }) => name)).toEqual(["b", "c"]);
});

test("a device number stands for itself, and what is no file names no disk", () => {
  expect(resolveDisk("8:16")).toBe("8:16");
  expect(resolveDisk("/no/such/file")).toBeNull();
  expect(resolveDisk("../../no-such-disk")).toBeNull();
});

test("a scope is named after its job, with what a unit name cannot hold escaped", () => {
  expect(scopeName("make-1.2:a_b")).toBe("corral-make-1.2:a_b.scope");
  expect(scopeName("user@host")).toBe("corral-user\\x40host.scope");
});

test("different jobs never share a scope", () => {
  const id = fc.stringMatching(/^[A-Za-z0-9._:@-]{1,20}$/);
  fc.assert(fc.property(id, id, (a, b) => a === b || scopeName(a) !== scopeName(b)));
});
