import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Action, ActionResult, Sample } from "../../../src/policy/index.ts";
import { openActions, openSignals } from "../../../src/policy/index.ts";
import { killQuietly } from "../../shared/processes.ts";
import { until } from "../../shared/timing.ts";
import { read } from "../support.ts";
import type { Held } from "./support.ts";
import { context, mib, swapOff, swapOn, withHalfCold } from "./support.ts";

before(swapOn);
after(swapOff);

const mibs = (bytes: number | null): string => `${((bytes ?? 0) / mib).toFixed(1)} MiB`;

async function act(action: Action, { identity }: Held): Promise<ActionResult> {
  await using actions = openActions({ workloads: null });
  return actions.perform(action, { identity, enrolment: null }, context);
}

test("reclaim takes the bytes asked for out of the group into swap, and says from how many processes", (t) =>
  withHalfCold(48, 0, async (held) => {
    const result = await act({ do: "reclaim", bytes: 24 * mib, fractionOfCurrent: null, swappiness: null }, held);
    t.diagnostic(
      `${mibs(result.amountBytes)} in ${Number(result.finishedNs - result.startedNs) / 1e6} ms: ${result.reason}`,
    );
    assert.deepEqual([result.outcome, result.affected], ["applied", { path: held.path, processes: 1 }]);
    assert.ok((result.amountBytes ?? 0) >= 22 * mib && (result.amountBytes ?? 0) < 34 * mib, `${result.amountBytes}`);
    assert.ok((result.after?.groupSwapBytes ?? 0) > (result.before?.groupSwapBytes ?? 0) + 16 * mib);
    assert.ok((result.after?.rssBytes ?? 0) < (result.before?.rssBytes ?? 0) - 16 * mib);
  }));

test("a fraction is of what the group uses; page cache alone is not there to be taken, which is partial and no gain", () =>
  withHalfCold(32, 0, async (held) => {
    const half = await act({ do: "reclaim", bytes: null, fractionOfCurrent: 0.5, swappiness: null }, held);
    assert.equal(half.outcome, "applied");
    assert.ok((half.amountBytes ?? 0) > 14 * mib && (half.amountBytes ?? 0) < 24 * mib, `${half.amountBytes}`);
    const cache = await act({ do: "reclaim", bytes: 16 * mib, fractionOfCurrent: null, swappiness: 0 }, held);
    assert.deepEqual([cache.outcome, cache.errno], ["applied_no_gain", "EAGAIN"], cache.reason);
  }));

test("a step of memory.high is read back, told by memory.events, and put back at the end", () =>
  withHalfCold(32, 8, async (held) => {
    const samples: Sample[] = [];
    await using signals = openSignals();
    const subject = { kind: "group", path: held.path } as const;
    const watch = signals.watch({ subject, metric: "events_high", trigger: null, everyMs: null }, (one) =>
      samples.push(one),
    );
    assert.deepEqual(watch.means, { mechanism: "inotify", reason: `${held.directory}/memory.events` });
    {
      await using actions = openActions({ workloads: null });
      const step = { do: "memory_high", percentOfCurrent: 60, leastBytes: 8 * mib, mostBytes: null } as const;
      const result = await actions.perform(step, { identity: held.identity, enrolment: null }, context);
      assert.match(result.reason, /^memory\.high is \d+ KiB now, it was no limit/);
      assert.equal(result.outcome, "applied");
      const high = Number(read(`${held.directory}/memory.high`));
      const wanted = (result.before?.groupCurrentBytes ?? 0) * 0.6;
      assert.ok(Math.abs(high - wanted) < mib, `${high}, wanted ${wanted}`);
      assert.ok(
        (result.after?.groupCurrentBytes ?? 0) < high + mib,
        `${result.after?.groupCurrentBytes} after ${high}`,
      );
    }
    assert.equal(read(`${held.directory}/memory.high`), "max");
    await until("memory.events to be told", () => samples.length > 0);
    watch.close();
  }));

test("memory.events are told as they happen, and the end of the group ends the watch", async () => {
  const samples: Sample[] = [];
  const ends: string[] = [];
  await using signals = openSignals();
  await withHalfCold(
    24,
    24,
    async ({ path, directory, identity }) => {
      const subject = { kind: "group", path } as const;
      signals.watch(
        { subject, metric: "events_high", trigger: null, everyMs: null },
        (one) => samples.push(one),
        (why) => ends.push(why),
      );
      await until("the limit to be hit again", () => (samples.at(-1)?.value ?? 0) > (samples[0]?.value ?? 0));
      const current = signals.watch({ subject, metric: "memory_current_bytes", trigger: null, everyMs: 50 }, () => {});
      assert.equal(current.means.mechanism, "polling");
      killQuietly(identity.pid);
      await until("the process to be gone", () => read(`${directory}/cgroup.procs`) === "");
    },
    { "memory.high": String(20 * mib) },
  );
  await until("the end to be told", () => ends.length > 0);
  assert.match(ends[0] ?? "", /memory\.events is gone$/);
});

test("a PSI trigger on a group that is short of memory fires, without a look in between", (t) =>
  withHalfCold(
    32,
    32,
    async ({ path }) => {
      const samples: Sample[] = [];
      await using signals = openSignals();
      const trigger = { stallUs: 20_000, windowUs: 500_000 };
      const watch = signals.watch(
        { subject: { kind: "group", path }, metric: "pressure_memory_some", trigger, everyMs: null },
        (one) => samples.push(one),
      );
      assert.deepEqual(watch.means, { mechanism: "psi trigger", reason: "20000 us of some stall within 0.5 s" });
      await until("the trigger to fire", () => samples.some(({ value }) => value >= trigger.stallUs));
      t.diagnostic(`stall of windows: ${samples.map(({ value }) => value).join(", ")} us`);
      assert.ok(samples.every(({ value }) => value <= trigger.windowUs));
    },
    { "memory.high": String(24 * mib) },
  ));

test("paging out takes the memory of one process to swap; cold advice takes nothing, and is first when memory is short", (t) =>
  withHalfCold(32, 0, async (held) => {
    const cold = await act({ do: "madvise", advice: "cold" }, held);
    assert.equal(cold.outcome, "applied", cold.reason);
    assert.ok((cold.after?.rssBytes ?? 0) > 31 * mib);
    const out = await act({ do: "madvise", advice: "pageout" }, held);
    t.diagnostic(`${mibs(out.amountBytes)} paged out in ${Number(out.finishedNs - out.startedNs) / 1e6} ms`);
    assert.equal(out.outcome, "applied", out.reason);
    assert.ok((out.amountBytes ?? 0) > 30 * mib, `${out.amountBytes}`);
    assert.ok((out.after?.rssBytes ?? 0) < 4 * mib, `${out.after?.rssBytes}`);
  }));
