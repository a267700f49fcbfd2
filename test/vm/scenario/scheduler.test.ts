/** Ops on Corral's own sched_ext scheduler: what the double says of them, said by a kernel. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { judgeRun } from "../../../src/scenario/checks/index.ts";
import { runText } from "../../shared/scenario-kernel.ts";
import { read } from "../support.ts";

const state = (): string => read("/sys/kernel/sched_ext/state");

test("a scheduler is attached from the begin, taken out, put in again, replaced and restarted; work goes on under each", async () => {
  const seen: string[] = [];
  const record = await runText(
    `version: 1
name: scheduler
duration: 600s
scheduler: { name: first }
backdrop: { cgroups: [{ name: a, works: [{ workers_per_cpu: 1 }] }] }
steps:
  - hold: { fixed: 1s }
  - { ops: [detach_scheduler], hold: { fixed: 1s } }
  - { ops: [{ attach_scheduler: { scheduler: { name: second, slice_us: 1000 } } }], hold: { fixed: 1s } }
  - { ops: [{ replace_scheduler: { scheduler: { name: third, fifo: true, groups: [a] } } }], hold: { fixed: 1s } }
  - { ops: [restart_scheduler], hold: { fixed: 1s } }
`,
    { onEvent: ({ kind }) => void (kind === "step_start" && seen.push(state())) },
  );
  assert.deepEqual([record.failures, record.ended, record.warnings], [[], [], []]);
  assert.deepEqual(seen, ["enabled", "disabled", "enabled", "enabled", "enabled"]);
  assert.equal(state(), "disabled");
  for (const { phase, work } of record.phases.slice(1)) assert.ok((work[0]?.iterations ?? 0) > 0, `phase ${phase}`);
});

/** The loader of the scheduler. */
function loader(): number | null {
  const found = readdirSync("/proc").find((name) => {
    try {
      return /^\d+$/.test(name) && readFileSync(`/proc/${name}/comm`, "latin1").trim() === "corral-schedule";
    } catch {
      return false;
    }
  });
  return found === undefined ? null : Number(found);
}

test("a scheduler that is killed ends the run in its hold, and the verdict says so", async () => {
  let killed: number | null = null;
  const record = await runText(
    `version: 1
name: dies
duration: 60s
scheduler: { name: mortal }
backdrop: { cgroups: [{ name: a }] }
steps: [{ hold: { fixed: 50s } }]
`,
    {
      onEvent: ({ kind }) => {
        if (kind !== "step_start") return;
        killed = loader();
        if (killed !== null) process.kill(killed, "SIGKILL");
      },
    },
  );
  assert.ok(killed !== null, "the loader runs");
  assert.deepEqual(
    record.ended.map(({ name, isScheduler, when }) => [name, isScheduler, when]),
    [["mortal", true, "hold"]],
  );
  assert.ok(record.durationMs < 40_000, String(record.durationMs));
  assert.equal(judgeRun(record).verdict, "fail");
  assert.equal(state(), "disabled");
});
