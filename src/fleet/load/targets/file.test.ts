import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FileTarget } from "./file.ts";

test("every file that agents share is one agent's, and one agent's only, for one to sixteen of them", async () => {
  const top = mkdtempSync(join(tmpdir(), "corral-files-"));
  const never = new AbortController().signal;
  for (let count = 1; count <= 16; count += 1) {
    const path = join(top, String(count));
    const parts = Array.from(
      { length: count },
      (_, index) => new FileTarget({ path, files: 37, keep: true }, 1, { index, count, pathPrefix: "" }),
    );
    for (const part of parts) await part.prepare(() => {}, never);
    expect(parts.reduce((sum, { prepareSteps }) => sum + prepareSteps, 0)).toBe(37);
    expect(readdirSync(path).length).toBe(37);
  }
  rmSync(top, { recursive: true });
});

test("ten million files take no more memory than a byte each", () => {
  const before = process.memoryUsage();
  const target = new FileTarget({ path: "/nowhere", files: 10_000_000 }, 1, { index: 0, count: 1, pathPrefix: "a/" });
  const after = process.memoryUsage();
  expect(target.prepareSteps).toBe(10_000_000);
  expect(after.heapUsed - before.heapUsed).toBeLessThan(50_000_000);
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(20_000_000);
});
