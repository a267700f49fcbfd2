import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Bench } from "./bench.ts";
import { until } from "./timing.ts";

/** Registers the last test of a file: everything that its runs made is gone again. */
export function expectNoLeftovers(bench: Bench): void {
  test("nothing of the runs above is left: no group, no process, no start record", async () => {
    const nothing = { groups: [], processes: [], records: [] };
    await until("the last processes are reaped", () => bench.leftovers().processes.length === 0, 2000).catch(() => {});
    assert.deepEqual(bench.leftovers(), nothing);
  });
  after(() => bench.close());
}
