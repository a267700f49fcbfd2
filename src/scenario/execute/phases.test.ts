import { expect, test } from "vitest";
import { MachineDouble } from "../../../test/shared/scenario/machine-double.ts";
import type { OpWish } from "../../../test/shared/scenario/plans.ts";
import { group, plan } from "../../../test/shared/scenario/plans.ts";
import { drive } from "./drive.ts";
import { nominalLimits } from "./limits.ts";

const settle = (ms: number): OpWish => ({
  kind: "wait",
  condition: { kind: "metric", cgroup: "a", metric: "iterations", atLeast: ms * 10, atMost: null },
  timeoutMs: 60_000,
});

test("the time of workers in a phase ends where they are told to stop, and not when they have", async () => {
  const machine = new MachineDouble();
  const ops: OpWish[] = [
    { kind: "add_cgroup_def", group: group("a") },
    settle(1000),
    { kind: "stop_cgroup", cgroup: "a" },
  ];
  const running = drive(plan([{ ops, holdMs: 100 }]), machine.ports);
  machine.clock.after(500, () => {
    for (const set of machine.workers) set.isStuck = true;
  });
  const book = await machine.clock.run(running);
  const [work] = book.phases.flatMap((phase) => phase.work);
  expect(book.failures).toEqual([]);
  expect(work?.elapsedMs).toBeGreaterThanOrEqual(1000);
  expect(work?.elapsedMs).toBeLessThan(1000 + 100);
  expect(work?.iterations).toBe((work?.elapsedMs ?? 0) * 10);
  // They had all of their time before they were killed.
  expect(book.works[0]?.endedMs).toBeGreaterThanOrEqual(1000 + nominalLimits.stopMs);
});

test("that of workers which were killed ends with the last of them", async () => {
  const machine = new MachineDouble();
  const ops: OpWish[] = [
    { kind: "add_cgroup_def", group: group("a") },
    settle(1000),
    { kind: "kill_cgroup", cgroup: "a" },
  ];
  const book = await machine.clock.run(drive(plan([{ ops, holdMs: 3000 }]), machine.ports));
  const [work] = book.phases.flatMap((phase) => phase.work);
  expect(book.failures).toEqual([]);
  expect(work?.elapsedMs).toBeGreaterThanOrEqual(1000);
  expect(work?.elapsedMs).toBeLessThan(1000 + 100);
});
