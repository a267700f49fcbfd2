import assert from "node:assert/strict";
import { test } from "node:test";
import { assertApplied, fixture, run } from "../support.ts";

test("--pids-max makes fork fail with EAGAIN for the program, and the refusal is counted", async (t) => {
  const { status, stdout, report } = await run(["--pids-max", "5"], [fixture("fork-many"), "20"]);
  t.diagnostic(`peak ${report.usage.pids_peak}, ${report.usage.pids_max_hits} refused`);
  assertApplied(report, "pids-max");
  assert.equal(stdout, "4 children: EAGAIN\n");
  assert.deepEqual([status, report.usage.pids_peak, report.usage.pids_max_hits], [0, 5, 1]);
});

test("below --pids-max nothing is refused", async () => {
  const { stdout, report } = await run(["--pids-max", "50"], [fixture("fork-many"), "20"]);
  assert.equal(stdout, "20 children: all\n");
  assert.deepEqual([report.usage.pids_peak, report.usage.pids_max_hits], [21, 0]);
});
