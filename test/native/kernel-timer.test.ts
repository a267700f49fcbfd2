import assert from "node:assert/strict";
import { test } from "node:test";
import { openWakeTimer } from "../../src/policy/deadline/index.ts";
import { until } from "../shared/timing.ts";
import { openDescriptors, sleep } from "./support.ts";

const nowNs = (): bigint => process.hrtime.bigint();

test("the kernel's timer is taken where the addon is, and never calls back before its time", async () => {
  const early: bigint[] = [];
  for (const us of [-1000, 0, 1, 200, 900, 1100, 10_300]) {
    const atNs = nowNs() + BigInt(us) * 1000n;
    let metNs: bigint | null = null;
    const timer = openWakeTimer(() => {
      metNs = nowNs();
    });
    assert.equal(timer.constructor.name, "KernelTimer");
    timer.set(atNs);
    await until("it calls back", () => metNs !== null);
    if (metNs !== null && metNs < atNs) early.push(atNs - metNs);
    timer.close();
  }
  assert.deepEqual(early, []);
});

test("it calls back once for each time that is set", async () => {
  const times = Array.from({ length: 40 }, (_, index) => nowNs() + BigInt(index) * 300_000n);
  let met = 0;
  const timer = openWakeTimer(() => {
    met += 1;
    timer.set(times[met] ?? null);
  });
  timer.set(times[0] ?? null);
  await until("all are met", () => met === times.length);
  await sleep(30);
  assert.equal(met, times.length);
  timer.close();
});

test("a time set anew replaces the one before, and a cleared or closed timer calls nobody", async () => {
  const before = openDescriptors();
  const called: string[] = [];
  const [moved, cleared, closed] = ["moved", "cleared", "closed"].map((name) =>
    openWakeTimer(() => void called.push(name)),
  );
  const now = nowNs();
  for (const timer of [moved, cleared, closed]) timer?.set(now + 1_000_000n);
  moved?.set(now + 20_000_000n);
  cleared?.set(null);
  closed?.close();
  closed?.set(now + 1_000_000n);
  await until("the one that is left calls back", () => called.length > 0);
  assert.ok(nowNs() >= now + 20_000_000n);
  await sleep(5);
  assert.deepEqual(called, ["moved"]);
  for (const timer of [moved, cleared, closed]) timer?.close();
  await until("no descriptor is left", () => openDescriptors().length <= before.length);
});
