import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import type { RunRecord } from "../../src/scenario/record/index.ts";
import type { GroupParent } from "../shared/group-parent.ts";
import { makeGroupParent } from "../shared/group-parent.ts";
import { controller, cpus, requires, root } from "../shared/requires.ts";
import { outcomesOf, runText } from "../shared/scenario-kernel.ts";
import { scaled } from "../shared/timing.ts";

let parent: GroupParent | null = null;

before(() => {
  if (process.getuid?.() === 0) parent = makeGroupParent();
});

after(() => parent?.remove());

const showsQueues = existsSync("/sys/kernel/debug/sched/debug");

/** Workers on CPU 0 alone, with everything asked of the host's run queues. */
const piled = (workers: number, checks: string): Promise<RunRecord> =>
  runText(
    `version: 1
name: piled
duration: ${scaled(6)}s
steps: [{ setup: [{ name: a, cpuset: { exact: 0 }, works: [{ workers: ${workers} }] }] }]
checks: ${checks}
`,
    { cgroupParent: parent?.argument ?? null },
  );

test("many tasks on one CPU and none on another are an imbalance that the monitor sees", async (t) => {
  if (!requires(t, root(), cpus(2), controller("cpuset"))) return;
  const record = await piled(40, "{ max_imbalance_ratio: 2, sustained_samples: 3 }");
  assert.deepEqual(record.failures, []);
  const first = record.monitor.map(({ cpus: all }) => all.find(({ cpu }) => cpu === 0)?.nrRunning ?? 0);
  t.diagnostic(`${record.monitor.length} looks, tasks of CPU 0: ${first.join(" ")}`);
  assert.ok(first.filter((tasks) => tasks >= 38).length >= 3, first.join(" "));
  assert.deepEqual(outcomesOf(record, "max_imbalance_ratio"), ["fail"]);
  assert.equal(
    record.monitor.every(({ cpus: all }) => all.length >= 2),
    true,
  );
});

test("what is not there is not seen: few tasks are no imbalance, and clocks go on", async (t) => {
  if (!requires(t, root(), cpus(2), controller("cpuset"))) return;
  const record = await piled(
    1,
    "{ sustained_samples: 3, max_imbalance_ratio: 60, fail_on_rq_clock_stuck: true, max_fallback_rate: 1 }",
  );
  assert.deepEqual(outcomesOf(record, "max_imbalance_ratio"), ["pass"]);
  // The clock of a queue is shown to root, where debugfs is mounted.
  assert.deepEqual(outcomesOf(record, "fail_on_rq_clock_stuck"), [showsQueues ? "pass" : "inconclusive"]);
  // Nobody counts fallbacks without a sched_ext scheduler.
  assert.deepEqual(outcomesOf(record, "max_fallback_rate"), ["inconclusive"]);
  assert.equal(
    record.monitor.every(({ cpus: all }) => all.every(({ rqClockNs }) => (rqClockNs !== null) === showsQueues)),
    true,
  );
});

test("nobody looks at run queues unless something is asked of them", async (t) => {
  if (!requires(t, root(), cpus(2), controller("cpuset"))) return;
  const record = await piled(1, "{ not_stuck: true }");
  assert.deepEqual(record.monitor, []);
});
