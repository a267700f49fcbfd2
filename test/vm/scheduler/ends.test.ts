/** How the scheduler ends, and who is told; `corral scheduler`. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { test } from "node:test";
import type { CpuAlert, SchedulerDocument, SchedulerSample } from "../../../src/cgroup/cpu/index.ts";
import { defaultSchedulerOptions, ScxBackend } from "../../../src/cgroup/cpu/index.ts";
import { readScheduling } from "../../../src/kernel/index.ts";
import { openPackageRoot } from "../../shared/readable-copy.ts";
import { until } from "../../shared/timing.ts";
import { read, v2 } from "../support.ts";
import { awaitBurning, checkShares, processesEach, whileAtRest, withSiblings, withTree } from "./support.ts";

const corral = [join(openPackageRoot(), "dist/corral.cjs"), "scheduler"];
const extPolicy = 7;
const stateOfExt = (): string => read("/sys/kernel/sched_ext/state");
const policiesIn = (group: string): number[] =>
  read(`${group}/cgroup.procs`)
    .split("\n")
    .map((pid) => readScheduling(Number(pid)).policy);

interface Running {
  readonly child: ChildProcess;
  readonly lines: SchedulerDocument[];
  readonly said: () => string;
  readonly ended: Promise<number | null>;
}

/** Starts `corral scheduler`; resolves when it has told its start, or has ended. */
async function startedScheduler(flags: readonly string[]): Promise<Running> {
  const child = spawn(process.execPath, [...corral, "--json", ...flags], { stdio: ["ignore", "pipe", "pipe"] });
  const lines: SchedulerDocument[] = [];
  let [rest, said] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (piece: string) => {
    const parts = `${rest}${piece}`.split("\n");
    rest = parts.pop() ?? "";
    lines.push(...parts.map((line) => JSON.parse(line) as SchedulerDocument));
  });
  child.stderr.setEncoding("utf8").on("data", (piece: string) => {
    said += piece;
  });
  const ended = once(child, "close").then(([code]) => code as number | null);
  await until("the start", () => lines.length > 0 || child.exitCode !== null, 60_000);
  return { child, lines, said: () => said, ended };
}

test("groups beyond the places of the scheduler run as part of their parent; a killed loader is told, and fair takes over", async (t) => {
  const alerts: CpuAlert[] = [];
  const samples: SchedulerSample[] = [];
  // Left loaded by a failure, it would be in the way of the next test.
  await using backend = await ScxBackend.open(
    { ...defaultSchedulerOptions, groups: 1 },
    {
      onAlert: (alert) => alerts.push(alert),
      onSample: (sample) => samples.push(sample),
    },
  );
  await withSiblings(
    (group) => void backend.adopt(group),
    async (contest) => {
      const { groups } = contest;
      await checkShares(t, { groups, wanted: [100 / 3, 100 / 3, 100 / 3] }, "without places of their own");
      backend.askSample();
      await until("a sample", () => samples.length > 0);
      assert.ok((samples[0]?.counters.crowded ?? 0) >= groups.length);
      assert.match((await backend.boost(groups[0] ?? "", { budgetMs: 1, periodMs: 10 })) ?? "", /no place of its own/);

      const second = await whileAtRest(contest, () => spawnSync(process.execPath, corral, { encoding: "utf8" }));
      assert.equal(second.status, 125, second.stderr);
      assert.match(
        second.stderr,
        /BPF_LINK_CREATE of sched_ext_ops failed with errno 16; corral is loaded; end the scheduler/,
      );

      assert.deepEqual(policiesIn(groups[0] ?? ""), Array(processesEach).fill(extPolicy));
      process.kill(backend.pid, "SIGKILL");
      await until("the alert", () => alerts.length > 0);
      assert.deepEqual(alerts, [
        { kind: "died", reason: "the loader was killed by SIGKILL", message: "", exitKind: null, state: "disabled" },
      ]);
      assert.deepEqual([backend.name, stateOfExt()], ["fair", "disabled"]);
      assert.deepEqual(policiesIn(groups[0] ?? ""), Array(processesEach).fill(0));
      for (const group of groups) await awaitBurning(group, processesEach);
      await checkShares(t, contest, "fair again");
    },
  );
  await backend.close();
  assert.equal(alerts.length, 1);
});

test("corral scheduler --stall is ended by the kernel's watchdog, says so, and ends with 125", () =>
  withSiblings(
    () => {},
    async (contest) => {
      const { groups } = contest;
      const running = await whileAtRest(contest, () =>
        startedScheduler(["--stall", "--watchdog", "1s", "--group", groups[0] ?? ""]),
      );
      assert.equal(await running.ended, 125, running.said());
      const [start, ...rest] = running.lines.filter(({ event }) => event !== "STATS");
      assert.equal(start?.event, "START");
      assert.equal(start?.event === "START" && start.adopted, processesEach);
      const alert = rest[0];
      assert.ok(alert?.event === "ALERT", JSON.stringify(rest));
      assert.deepEqual(
        [alert.kind, alert.reason, alert.exit_kind, alert.state],
        ["stalled", "runnable task stall", 1026, "disabled"],
      );
      assert.match(alert.message, /failed to run for [\d.]+s/);
      assert.deepEqual(rest.slice(1), [{ event: "END", reason: "stalled" }]);
      assert.match(running.said(), /the scx scheduler stalled: runnable task stall/);
      await awaitBurning(groups[0] ?? "", processesEach);
      assert.equal(stateOfExt(), "disabled");
    },
  ));

test("corral scheduler --full has all ordinary tasks, tells each interval, and ends with 0 on TERM", (t) =>
  withTree(
    () => {},
    async (contest) => {
      const { groups } = contest;
      const running = await whileAtRest(contest, () => startedScheduler(["--full", "-i", "1", "-s", "4000"]));
      assert.equal(read("/sys/kernel/sched_ext/switch_all"), "1", running.said());
      await checkShares(t, contest, "full");
      await until("an interval to be told", () => running.lines.some(({ event }) => event === "STATS"));
      running.child.kill("SIGTERM");
      assert.equal(await running.ended, 0, running.said());
      const stats = running.lines.filter((line) => line.event === "STATS");
      const paths = stats.flatMap((line) => line.groups.flatMap(({ path }) => path ?? []));
      for (const group of groups) assert.ok(paths.includes(group.slice(v2.length)), `${group} in ${paths.join(" ")}`);
      assert.deepEqual(running.lines.at(-1), { event: "END", reason: "SIGTERM" });
      assert.equal(stateOfExt(), "disabled");
    },
  ));
