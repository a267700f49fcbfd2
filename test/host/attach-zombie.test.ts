/** Ends that the parent leaves a zombie of: whoever reads its /proc/PID/stat in time needs nothing newer of the kernel. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { endings, watchEnd } from "../shared/attach-end.ts";
import { openBench } from "../shared/bench.ts";
import { fewInGuest } from "../shared/guest.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { requires, root } from "../shared/requires.ts";

const bench = openBench();

for (const parent of ["later", "never"] as const) {
  for (const [name, { end, status, part }] of fewInGuest(Object.entries(endings).toReversed(), 2)) {
    test(`the end of a process that is not our child is told: ${name}, reaped ${parent}`, async (t) => {
      if (!requires(t, root())) return;
      const ran = await watchEnd(bench, parent, end);
      const { exit_code, exit_signal, exit_reason, exit_code_known, core_dumped, exit_source } = ran.report;
      assert.deepEqual({ exit_code, exit_signal, exit_reason }, part);
      assert.deepEqual([exit_code_known, core_dumped, ran.status], [true, false, status]);
      // Corral does not wait for the parent when it can read the zombie.
      assert.deepEqual([ran.zombie, exit_source], [true, "zombie"]);
    });
  }
}

test("a core dump is told as run tells it", async (t) => {
  if (!requires(t, root())) return;
  const run = await bench.report([], ["sh", "-c", "kill -ABRT $$"]);
  const { report, status } = await watchEnd(bench, "never", "kill -ABRT $$");
  assert.deepEqual(
    [status, report.exit_signal, report.core_dumped],
    [run.status, run.report.exit_signal, run.report.core_dumped],
  );
});

expectNoLeftovers(bench);
