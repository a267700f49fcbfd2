import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Controller } from "../../src/cgroup/index.ts";
import type { RunEvent } from "../../src/scenario/execute/index.ts";
import { runScenario } from "../../src/scenario/execute/index.ts";
import type { GroupParent } from "../shared/group-parent.ts";
import { host, makeGroupParent } from "../shared/group-parent.ts";
import type { Reason } from "../shared/requires.ts";
import { controller, cpus, requires, root } from "../shared/requires.ts";
import type { TestWorld } from "../shared/scenario/cases.ts";
import { scenarioCases } from "../shared/scenario/cases.ts";
import { scaled } from "../shared/timing.ts";

let parent: GroupParent | null = null;
const runtime = mkdtempSync(join(tmpdir(), "corral-scenario-test-"));

before(() => {
  if (process.getuid?.() === 0) parent = makeGroupParent();
});

after(async () => {
  await parent?.remove();
  rmSync(runtime, { recursive: true, force: true });
});

/** Each case against the groups of this kernel. */
const world: TestWorld = {
  run: async (plan, { signal = null } = {}) => {
    const events: RunEvent[] = [];
    const record = await runScenario(plan, {
      scenario: { version: 1, name: plan.name, steps: [] },
      file: null,
      runtime,
      cgroupParent: parent?.argument ?? null,
      signal,
      onEvent: (event) => events.push(event),
    });
    return { ...record, events };
  },
  lasting: ["sleep", "1000"],
  ending: (status) => ["sh", "-c", `exit ${status}`],
  scaled,
  abortAfter: (ms) => AbortSignal.timeout(ms),
};

const onV2 = (name: Controller): Reason =>
  host.owner[name]?.version === 2 ? null : `the ${name} controller is not on cgroup v2`;

for (const { name, needs, onlyV2, check } of scenarioCases) {
  test(name, async (t) => {
    if (!requires(t, root(), cpus(2), ...needs.map(controller), ...(onlyV2 ? needs.map(onV2) : []))) return;
    await check(world);
    assert.deepEqual(parent?.children(), []);
    assert.deepEqual(readdirSync(join(runtime, "scenarios")), []);
  });
}
