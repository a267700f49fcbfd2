import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { after, describe, test } from "node:test";
import { openBench } from "../shared/bench.ts";
import { startPolicy } from "../shared/policy-run.ts";
import { openPolicySession, ruleAfter } from "../shared/policy-session.ts";
import { capability, requires, root } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";
import { copyProgram, startProgram } from "../shared/watching.ts";

const bench = openBench();
after(async () => {
  await bench.close();
});

const sleeper = copyProgram(bench, "sleeper");

const nowNs = (): bigint => process.hrtime.bigint();
/** Stands still, so that nothing is read and no timer is served. */
const stallUntil = (done: () => boolean): void => {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  while (!done()) Atomics.wait(cell, 0, 0, 5);
};
/** A child of ours that nobody has waited for stays as a zombie. */
const hasEnded = (pid: number): boolean => readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]?.[0] === "Z";

/** The deadline, and where nothing but looks tells, how seldom they are: none is due by itself while we stand still. */
const cases = [
  { prefer: "bpf", afterSec: 8, pollIntervalMs: 1000 },
  { prefer: "proc connector", afterSec: 8, pollIntervalMs: 1000 },
  { prefer: "polling", afterSec: 3, pollIntervalMs: 6000 },
] as const;

/** Other programs, whose events come before what we wait for: more than are read in one go. */
const runOthers = (): void => void spawnSync("/bin/sh", ["-c", "for i in $(seq 300); do /bin/true; done"]);

describe("a policy that is late", () => {
  for (const { prefer, afterSec, pollIntervalMs } of cases) {
    test(`judges no deadline of a process whose end the kernel has told already (${prefer})`, async (t) => {
      if (!requires(t, root())) return;
      const { session, told } = await openPolicySession(bench, ruleAfter(sleeper, afterSec), {
        prefer,
        pollIntervalMs,
      });
      const attempts = () => told.flatMap((event) => (event.event === "attempt" ? [event.attempt] : []));
      t.after(() => session.close("test"));
      const pids = Array.from({ length: 20 }, () => startProgram(t, sleeper).pid);
      const stays = startProgram(t, sleeper).pid;
      await until("all are followed", () => session.progress().pending === pids.length + 1, 8000);
      const followedNs = nowNs();
      if (prefer !== "polling") runOthers();
      for (const pid of pids) process.kill(pid, "SIGKILL");
      stallUntil(() => pids.every(hasEnded));
      const endedNs = nowNs();
      stallUntil(() => nowNs() > followedNs + BigInt(afterSec) * 1_000_000_000n);
      const stalledNs = nowNs();
      assert.ok(prefer !== "polling" || stalledNs - followedNs < BigInt(pollIntervalMs) * 1_000_000n);
      await until("all have come to an end", () => attempts().length > pids.length);
      const ofPid = (pid: number) => attempts().filter(({ process: { identity } }) => identity.pid === pid);
      assert.ok(
        attempts().every(({ deadlineNs }) => deadlineNs !== null && deadlineNs > endedNs && deadlineNs < stalledNs),
        "every deadline was between their end and ours",
      );
      assert.deepEqual(
        pids.map((pid) => ofPid(pid).map(({ outcome }) => outcome)),
        pids.map(() => ["exited_before"]),
      );
      assert.deepEqual(
        ofPid(stays).map(({ outcome }) => outcome),
        ["dry_run"],
      );
      const why =
        prefer === "polling" ? /^it exited while it waited for its turn$/ : /^it exited \S+ s before the deadline$/;
      for (const { reason, process: ended } of pids.flatMap(ofPid)) {
        assert.match(reason, why);
        assert.ok(ended.exitNs !== null && (prefer === "polling" || ended.exitNs <= endedNs));
      }
    });
  }
});

/** Fields of proc_pid_stat(5): real-time priority and policy. */
function schedulingOf(stat: string): readonly [policy: number, priority: number] {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return [Number(fields[38]), Number(fields[37])];
}

const mainThread = (pid: number) => schedulingOf(readFileSync(`/proc/${pid}/task/${pid}/stat`, "latin1"));

describe("the thread of a policy", () => {
  test("is real-time, and nothing that it starts is", async (t) => {
    if (!requires(t, root(), capability("CAP_SYS_NICE"))) return;
    const stat = bench.fresh("stat");
    const policy = await startPolicy(t, bench, [], {
      rules: [
        `  - { name: look, select: { exe: ${sleeper} }, when: { exec: { after: 0 } }, do: { exec: [/bin/cp, /proc/self/stat, ${stat}] } }`,
      ],
    });
    const [started] = policy.all("started");
    const refused = started?.scheduling_reason ?? null;
    if (!requires(t, refused === null ? null : `the kernel refuses: ${refused}`)) return;
    assert.equal(started?.scheduling, "realtime");
    const { pid } = startProgram(t, sleeper);
    await policy.told("attempt", (one) => one.pid === pid && one.outcome === "applied");
    assert.deepEqual(mainThread(policy.started.pid), [1, 1]);
    assert.deepEqual(schedulingOf(readFileSync(stat, "latin1")), [0, 0]);
    const { status } = await policy.stop("SIGINT");
    assert.equal(status, 0);
  });

  test("is an ordinary one with --scheduling fair", async (t) => {
    if (!requires(t, root())) return;
    const fair = await startPolicy(t, bench, ["--scheduling", "fair"]);
    const [asked] = fair.all("started");
    assert.deepEqual(
      [asked?.scheduling, asked?.scheduling_reason, mainThread(fair.started.pid)],
      ["fair", null, [0, 0]],
    );
    await fair.stop("SIGINT");
  });

  test("is realtime or fair, and nothing else", async () => {
    const { status, err } = await bench.corral(["policy", "run", "--scheduling", "fast"]);
    assert.equal(status, 2);
    assert.match(err, /--scheduling expects realtime or fair, not "fast"/);
  });
});
