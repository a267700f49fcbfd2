import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { RunEvent } from "../../src/scenario/execute/index.ts";
import { runScenario } from "../../src/scenario/execute/index.ts";
import type { GroupParent } from "../shared/group-parent.ts";
import { makeGroupParent } from "../shared/group-parent.ts";
import { controller, cpus, requires, root } from "../shared/requires.ts";
import type { TestWorld } from "../shared/scenario/cases.ts";
import { scenarioCases } from "../shared/scenario/cases.ts";

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
  abortAfter: (ms) => AbortSignal.timeout(ms),
};

for (const { name, needs, check } of scenarioCases) {
  test(name, async (t) => {
    if (!requires(t, root(), cpus(2), ...needs.map(controller))) return;
    await check(world);
    assert.deepEqual(parent?.children(), []);
    assert.deepEqual(readdirSync(join(runtime, "scenarios")), []);
  });
}
