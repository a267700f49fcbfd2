import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import type { AdviceSlice, MemoryAdvice } from "../../src/kernel/index.ts";
import { adviseAnonymous, identityOf, nativeErrno, readMemoryUse, requireAddon } from "../../src/kernel/index.ts";
import { openDescriptors, until, withoutAddon } from "./support.ts";

const mib = 2 ** 20;
const children: { kill: (signal: NodeJS.Signals) => boolean }[] = [];
after(() => {
  for (const child of children) child.kill("SIGKILL");
});

/** A process that has written to 64 MiB and waits. */
async function holdMemory() {
  const script = "b = bytearray(b'x' * (64 << 20)); print('ready', flush=True); import time; time.sleep(600)";
  const child = spawn("python3", ["-c", script], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  const identity = identityOf(child.pid ?? 0);
  assert.ok(identity);
  return { child, identity };
}

async function adviseAll(
  identity: NonNullable<ReturnType<typeof identityOf>>,
  advice: MemoryAdvice,
  sliceBytes: number,
) {
  const slices: AdviceSlice[] = [];
  for await (const slice of adviseAnonymous(identity, advice, sliceBytes)) slices.push(slice);
  return slices;
}

const sum = (slices: readonly AdviceSlice[], key: "advisedBytes" | "residentBytes" | "skippedBytes"): number =>
  slices.reduce((total, slice) => total + slice[key], 0);

test("cold advice goes over all anonymous memory in slices, and nothing of it leaves", async () => {
  const { identity } = await holdMemory();
  const before = readMemoryUse(identity.pid);
  const slices = await adviseAll(identity, "cold", 8 * mib);
  assert.ok(slices.length >= 8, `${slices.length} slices`);
  assert.ok(slices.every(({ advisedBytes }) => advisedBytes <= 8 * mib));
  assert.ok(sum(slices, "advisedBytes") >= 64 * mib && sum(slices, "residentBytes") >= 64 * mib);
  assert.equal(sum(slices, "skippedBytes"), 0);
  assert.ok((readMemoryUse(identity.pid).rssBytes ?? 0) >= (before.rssBytes ?? 0) - mib);
});

test("who stops asking for slices stops the advice, and no descriptor is left open", async () => {
  const { identity } = await holdMemory();
  const before = openDescriptors();
  let slices = 0;
  for await (const _ of adviseAnonymous(identity, "cold", mib)) {
    slices += 1;
    if (slices === 2) break;
  }
  assert.equal(slices, 2);
  assert.deepEqual(openDescriptors(), before);
});

test("paging out takes resident memory to swap where there is any", async (t) => {
  if (!/\n\S/.test(readFileSync("/proc/swaps", "latin1").trimEnd())) return t.skip("this host has no swap");
  const { identity } = await holdMemory();
  await adviseAll(identity, "pageout", 8 * mib);
  const { swapBytes, rssBytes } = readMemoryUse(identity.pid);
  assert.ok((swapBytes ?? 0) > 48 * mib, `swapped ${swapBytes}`);
  assert.ok((rssBytes ?? Number.MAX_VALUE) < 32 * mib, `resident ${rssBytes}`);
});

test("a process that has ended, and one of which another has the pid, are gone", async () => {
  const { child, identity } = await holdMemory();
  const other = { ...identity, startTicks: identity.startTicks + 1 };
  await assert.rejects(adviseAll(other, "cold", mib), (thrown) => nativeErrno(thrown) === "ESRCH");
  child.kill("SIGKILL");
  await until(() => child.signalCode !== null);
  await assert.rejects(adviseAll(identity, "cold", mib), (thrown) => nativeErrno(thrown) === "ESRCH");
});

test("ranges that are none are refused before the kernel sees them", async () => {
  for (const count of [0, 3, 2050])
    await assert.rejects(requireAddon().processMadvise(1, new BigUint64Array(count), 20), { found: "EINVAL" });
});

test("without the addon it is refused with the fix", async () => {
  const { identity } = await holdMemory();
  await withoutAddon(() => assert.rejects(adviseAll(identity, "cold", mib), { code: "NATIVE_MISSING" }));
});
