/** How groups share the CPUs under both backends, and what `scx` does of what the kernel's own scheduler does. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import type { CpuAlert, CpuBackend, SchedulerSample } from "../../../src/cgroup/cpu/index.ts";
import { defaultSchedulerOptions, openCpuBackend, ScxBackend, schedulerLacks } from "../../../src/cgroup/cpu/index.ts";
import { setAffinity } from "../../../src/kernel/index.ts";
import { until } from "../../shared/timing.ts";
import { assertNear, childrenOf, fixture, read, sampleCpu, withParent, write } from "../support.ts";
import { awaitBurning, burn, checkShares, makeGroup, reportShares, spread, withSiblings, withTree } from "./support.ts";

const online = "/sys/devices/system/cpu/cpu1/online";

describe("the fair backend", () => {
  let backend: CpuBackend;
  const adopt = (group: string): void => {
    spread(group);
    assert.equal(backend.adopt(group), 0);
  };

  before(async () => {
    backend = await openCpuBackend({ onAlert: (alert) => assert.fail(JSON.stringify(alert)) });
    assert.equal(backend.name, "fair");
  });

  test("fair: siblings of weights 100, 200 and 300 have a sixth, a third and a half", (t) =>
    withSiblings(adopt, (contest) => checkShares(t, contest, "fair 100:200:300")));

  test("fair: siblings that the load balancer places, and not this test, have more the more they weigh", (t) =>
    withSiblings(
      (group) => void backend.adopt(group),
      ({ groups }) => reportShares(t, groups, "fair 100:200:300, unpinned"),
    ));

  test("fair: shares compound in a tree of two levels", (t) =>
    withTree(adopt, (contest) => checkShares(t, contest, "fair tree")));

  test("fair: a weight that is set while the groups compute holds", (t) =>
    withSiblings(adopt, async ({ groups }) => {
      backend.setWeight(groups[0] ?? "", 1000);
      await checkShares(t, { groups, wanted: [100 / 1.5, 20 / 1.5, 30 / 1.5] }, "fair 1000:200:300");
    }));
});

describe("the scx backend", () => {
  const alerts: CpuAlert[] = [];
  let sample: SchedulerSample | null = null;
  let backend: ScxBackend;
  const adopt = (group: string): void => void backend.adopt(group);
  const counted = async (): Promise<SchedulerSample> => {
    const last = sample;
    backend.askSample();
    await until("a sample", () => sample !== last);
    assert.ok(sample);
    return sample;
  };

  before(async () => {
    assert.deepEqual(schedulerLacks(), []);
    backend = await ScxBackend.open(defaultSchedulerOptions, {
      onAlert: (alert) => alerts.push(alert),
      onSample: (one) => {
        sample = one;
      },
    });
  });
  after(() => backend.close());

  test("scx: siblings of weights 100, 200 and 300 have a sixth, a third and a half, and a new weight within 2 s", (t) =>
    withSiblings(adopt, async (contest) => {
      assert.equal(read("/sys/kernel/sched_ext/state"), "enabled");
      assert.equal(read("/sys/kernel/sched_ext/switch_all"), "0");
      await checkShares(t, contest, "scx 100:200:300");
      backend.setWeight(contest.groups[0] ?? "", 1000);
      await pause(1000);
      const changed = { groups: contest.groups, wanted: [100 / 1.5, 20 / 1.5, 30 / 1.5] };
      await checkShares(t, changed, "scx 1000:200:300, from 1 s after the change", 3);
    }));

  test("scx: shares compound in a tree of two levels, and what moves between groups counts where it is", (t) =>
    withTree(adopt, async (contest) => {
      await checkShares(t, contest, "scx tree");
      const [b = "", c = "", d = ""] = contest.groups;
      for (const pid of read(`${b}/cgroup.procs`).split("\n")) write(`${d}/cgroup.procs`, pid);
      await checkShares(t, { groups: [b, c, d], wanted: [0, 100 / 3, 200 / 3] }, "scx tree after b moved to d");
    }));

  test("scx: cpu.max holds beside others, and when the CPUs are idle otherwise", (t) =>
    withTree(adopt, async ({ groups, parent, wanted }) => {
      const d = groups[2] ?? "";
      write(`${d}/cpu.max`, "20000 100000");
      for (const isAlone of [false, true]) {
        write(`${parent}/a/cgroup.freeze`, isAlone ? "1" : "0");
        await until("a to freeze or thaw", () =>
          read(`${parent}/a/cgroup.events`).includes(`frozen ${isAlone ? 1 : 0}`),
        );
        const { usageUs, wallUs } = await sampleCpu([d], 3);
        const percent = (100 * (usageUs[0] ?? 0)) / wallUs;
        t.diagnostic(`cpu.max 20 %, ${isAlone ? "alone" : "beside others"}: ${percent.toFixed(2)} % of a CPU`);
        assertNear(percent, 20, 3, `percent of a CPU ${isAlone ? "alone" : "beside others"}`);
      }
      assert.ok((await counted()).counters.throttle > 0);
      write(`${parent}/a/cgroup.freeze`, "0");
      write(`${d}/cpu.max`, "max 100000");
      await checkShares(t, { groups, wanted }, "scx tree without the quota again");
    }));

  test("scx: tasks bound to one CPU have no more than their group's share, and others the rest", (t) =>
    withTree(adopt, async ({ groups, parent }) => {
      const bound = makeGroup(`${parent}/bound`, 100);
      burn(bound, 2);
      await until("two processes", () => read(`${bound}/cgroup.procs`).split("\n").length === 2);
      adopt(bound);
      for (const pid of read(`${bound}/cgroup.procs`).split("\n")) setAffinity(Number(pid), "1");
      await awaitBurning(bound, 2);
      const contest = { groups: [...groups, bound], wanted: [12.5, 12.5, 50, 25] };
      await checkShares(t, contest, "scx tree with a group bound to CPU 1");
    }));

  test("scx: two hundred groups come and go with a process each, made by tasks of the scheduler", async () => {
    const before = (await counted()).counters;
    await withParent(
      async (parent) => {
        const driver = makeGroup(`${parent}/driver`, 100);
        // Waits to be adopted; what it starts inherits the scheduler.
        const script = [
          'echo 0 >"$1/driver/cgroup.procs"; read go',
          "for round in 1 2 3 4; do",
          '  groups=; for n in $(seq 50); do groups="$groups $1/s$round-$n"; done',
          "  mkdir $groups",
          '  for g in $groups; do (echo 0 >"$g/cgroup.procs"; exec "$2" 0.05 >/dev/null) & done',
          "  wait; rmdir $groups",
          "done",
        ].join("\n");
        const shell = spawn("sh", ["-euc", script, "sh", parent, fixture("burn-cpu")], {
          stdio: ["pipe", "ignore", "pipe"],
        });
        let said = "";
        shell.stderr.setEncoding("utf8").on("data", (piece: string) => {
          said += piece;
        });
        await until("the shell in its group", () => read(`${driver}/cgroup.procs`) !== "");
        assert.equal(backend.adopt(driver), 1);
        shell.stdin.end("go\n");
        const [status] = (await once(shell, "close")) as [number | null];
        assert.deepEqual([status, said], [0, ""]);
        assert.deepEqual(childrenOf(parent), ["driver"]);
      },
      { "cgroup.subtree_control": "+cpu" },
    );
    const { counters } = await counted();
    assert.deepEqual([backend.name, read("/sys/kernel/sched_ext/state"), alerts], ["scx", "enabled", []]);
    assert.ok(counters.act - before.act >= 200, `${counters.act - before.act} groups became active`);
    assert.equal(counters.crowded, 0);
  });

  test("scx: shares hold when a CPU goes and comes back", (t) =>
    withTree(adopt, async (contest) => {
      try {
        for (const value of ["0", "1"]) {
          write(online, value);
          assert.equal(readFileSync("/sys/devices/system/cpu/online", "utf8").trim(), value === "0" ? "0" : "0-1");
          await checkShares(t, contest, value === "0" ? "scx tree on one CPU" : "scx tree on both CPUs again");
        }
      } finally {
        write(online, "1");
      }
      assert.deepEqual([backend.name, alerts], ["scx", []]);
      assert.equal((await counted()).counters.hotplug, 2);
    }));

  test("scx: a boost lets tasks that wake up run at once until its budget is used, and takes nothing from the shares", (t) =>
    withTree(adopt, async ({ groups, wanted }) => {
      const d = groups[2] ?? "";
      // Its tasks wake up when the group is thawed.
      const boostsOf = async (rounds: number): Promise<number> => {
        const before = (await counted()).counters.boost;
        for (let round = 0; round < rounds; round++) {
          write(`${d}/cgroup.freeze`, "1");
          await until("d to freeze", () => read(`${d}/cgroup.events`).includes("frozen 1"));
          write(`${d}/cgroup.freeze`, "0");
          await awaitBurning(d, 4);
        }
        return (await counted()).counters.boost - before;
      };
      assert.equal(await boostsOf(1), 0);
      assert.equal(await backend.boost(d, { budgetMs: 0.001, periodMs: 3_600_000 }), null);
      await boostsOf(1);
      assert.equal(await boostsOf(2), 0, "boosts of a budget that is used");
      assert.equal(await backend.boost(d, { budgetMs: 50, periodMs: 100 }), null);
      const boosts = await boostsOf(5);
      t.diagnostic(`${boosts} boosts of 20 wakes`);
      assert.ok(boosts > 0);
      await checkShares(t, { groups, wanted }, "scx tree with d boosted");
    }));

  test("scx: what is told of the groups is what the kernel counts", () =>
    withSiblings(adopt, async ({ groups }) => {
      const { counters, groups: told } = await counted();
      assert.ok(counters.act > 0 && counters.deact > 0 && counters.global > 0 && counters.next > 0);
      assert.equal(counters.homeless, 0);
      const weights = told.flatMap(({ weight, runnable }) => (runnable === 4 ? [weight] : []));
      assert.deepEqual(
        weights.toSorted((a, b) => a - b),
        [100, 200, 300],
      );
      assert.equal(groups.length, 3);
    }));
});
