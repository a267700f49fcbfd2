/** Waits for what the kernel tells: pressure, events of memory and processes; each with what does not bring it about. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { opsOfKind, runText } from "../../shared/scenario-kernel.ts";

const limitMs = 600_000;

/** One step that starts a payload, or none, in a group with these limits, and waits. */
const scenarioOf = (limits: string, command: string | null, condition: string, timeout: string): string => `version: 1
name: waits
duration: 1200s
payloads: [{ name: load, command: ${command ?? "[sleep, '1000']"} }]
backdrop: { cgroups: [{ name: a, works: [], limits: ${limits} }] }
steps:
  - ops:
      ${command === null ? "" : "- run_payload: { payload: load, cgroup: a }"}
      - wait: { for: ${condition}, timeout: ${timeout} }
    hold: { fixed: 10ms }
`;

const hog = '[sh, -c, "tail -c 256M /dev/zero; sleep 1000"]';
const forks = '[sh, -c, "for i in 1 2 3 4 5 6; do sleep 1000 & done; wait"]';
const spins = '[sh, -c, "while :; do :; done"]';

const conditions: readonly (readonly [string, string, string, string])[] = [
  ["memory.high", "{ memory-high: 32M, swap-max: 0 }", hog, "{ events: { cgroup: a, counter: memory.high, by: 2 } }"],
  ["memory.max", "{ memory-max: 32M, swap-max: 0 }", hog, "{ events: { cgroup: a, counter: memory.max } }"],
  ["memory.oom_kill", "{ memory-max: 32M, swap-max: 0 }", hog, "{ events: { cgroup: a, counter: memory.oom_kill } }"],
  ["pids.max", "{ pids-max: 3 }", forks, "{ events: { cgroup: a, counter: pids.max } }"],
  [
    "CPU pressure",
    "{ cpu-quota: 10 }",
    spins,
    "{ pressure: { cgroup: a, resource: cpu, stall: 100ms, window: 500ms } }",
  ],
  [
    "memory pressure",
    "{ memory-high: 32M, swap-max: 0 }",
    hog,
    "{ pressure: { cgroup: a, resource: memory, stall: 50ms, window: 1s } }",
  ],
];

for (const [name, limits, load, condition] of conditions) {
  test(`a wait for ${name} ends when the kernel tells of it, and runs out of time without a cause`, async (t) => {
    const record = await runText(scenarioOf(limits, load, condition, `${limitMs}ms`));
    assert.deepEqual(record.failures, []);
    const [wait] = opsOfKind(record, "wait");
    assert.ok(wait !== undefined && wait.durationMs < limitMs, String(wait?.durationMs));
    t.diagnostic(`${name} after ${Math.round(wait.durationMs)} ms`);
    const without = await runText(scenarioOf(limits, null, condition, "1500ms"));
    assert.deepEqual(
      without.failures.map(({ code, step, op }) => [code, step, op]),
      [["WAIT_TIMEOUT", 0, 0]],
    );
  });
}

test("a wait for pressure of the host ends when its CPUs are wanted by more than there are", async () => {
  const record = await runText(`version: 1
name: host
duration: 1200s
backdrop: { cgroups: [{ name: a, works: [{ workers_per_cpu: 4 }] }] }
steps:
  - ops: [{ wait: { for: { pressure: { resource: cpu, stall: 200ms, window: 500ms } }, timeout: 600s } }]
    hold: { fixed: 10ms }
`);
  assert.deepEqual(record.failures, []);
});

const mib = 2 ** 20;

test("reclaim takes what it is told from a group that has it, and says when there is less", async (t) => {
  const record = await runText(`version: 1
name: reclaim
duration: 1200s
payloads: [{ name: cache, command: [sh, -c, 'head -c 48M "$0" >/dev/null; sleep 1000', ${JSON.stringify(process.execPath)}] }]
backdrop: { cgroups: [{ name: a, works: [] }] }
steps:
  - ops:
      - run_payload: { payload: cache, cgroup: a }
      - wait: { for: { metric: { cgroup: a, metric: memory_current_bytes, at_least: ${40 * mib} } }, timeout: 600s }
    hold: { fixed: 500ms }
  - ops: [{ reclaim: { cgroup: a, amount: 16M } }]
    hold: { fixed: 500ms }
  - ops: [{ reclaim: { cgroup: a, amount: 50% } }]
    hold: { fixed: 500ms }
  - ops: [{ reclaim: { cgroup: a, amount: 512M } }]
    hold: { fixed: 10ms }
`);
  assert.deepEqual(record.failures, []);
  const samples = record.groups.find(({ name }) => name === "a")?.samples ?? [];
  const memoryAt = (ms: number): number =>
    samples.findLast(({ atMs }) => atMs <= ms)?.values.memory_current_bytes ?? Number.NaN;
  const held = record.phases.slice(1, 4).map(({ endMs }) => memoryAt(endMs));
  t.diagnostic(`MiB after each step: ${held.map((bytes) => (bytes / mib).toFixed(1)).join(" ")}`);
  const [before = 0, after = 0, half = 0] = held;
  // The kernel takes at least what it is told, and counts a page later here or there.
  assert.ok(before >= 40 * mib && before - after >= 15 * mib, `${before} to ${after}`);
  assert.ok(half <= after * 0.6, `${after} to ${half}`);
  assert.deepEqual(
    record.warnings.filter((line) => line.includes("took less")),
    [`the kernel took less than ${512 * mib} bytes from a`],
  );
});
