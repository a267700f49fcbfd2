import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, describe, test } from "node:test";
import { columns, originalCount } from "../../src/policy/records/index.ts";
import { openBench } from "../shared/bench.ts";
import { cProgram } from "../shared/enrolling.ts";
import { startPolicy, startWorkload } from "../shared/policy-run.ts";
import { requires, root } from "../shared/requires.ts";
import { sleep, until } from "../shared/timing.ts";
import { copyProgram, startProgram } from "../shared/watching.ts";

const bench = openBench();
after(async () => {
  await bench.close();
});

const sleeper = copyProgram(bench, "sleeper");
const shell = copyProgram(bench, "sh", "/bin/dash");

const pickOf = <T extends object>(value: T | undefined, ...keys: readonly (keyof T)[]): Partial<T> =>
  Object.fromEntries(keys.map((key) => [key, value?.[key]])) as Partial<T>;

describe("the classic policy", () => {
  test("asks an enrolled workload once, the delay after its exec, and records answer, statistics and end", async (t) => {
    if (!requires(t, root())) return;
    const csv = bench.fresh("f.csv");
    const policy = await startPolicy(t, bench, ["--delay-sec", "1", "--csv", csv]);
    const one = startWorkload(t, policy.socket, "answer", "alpha");
    await policy.told("attempt", ({ pid }) => pid === one.pid);
    process.kill(one.pid, "SIGKILL");
    const [record, ...more] = await policy.recorded(one.pid);
    await policy.stop("SIGINT");
    assert.deepEqual(more, []);
    assert.deepEqual(
      pickOf(
        record,
        "rule",
        "action",
        "workload_name",
        "enrolled",
        "compress_sent",
        "compress_ack",
        "exited",
        "missed_due_to_no_enroll",
        "trigger_count",
        "exit_signal",
      ),
      {
        rule: "classic",
        action: "message",
        workload_name: "alpha",
        enrolled: true,
        compress_sent: true,
        compress_ack: true,
        exited: true,
        missed_due_to_no_enroll: false,
        trigger_count: 1,
        exit_signal: "SIGKILL",
      },
    );
    const ns = (value: string | null | undefined): bigint => BigInt(value ?? 0);
    assert.equal(ns(record?.deadline_ns) - ns(record?.exec_event_ns), 1_000_000_000n);
    assert.ok(ns(record?.compress_request_ns) >= ns(record?.deadline_ns), "it was asked too early");
    assert.ok(ns(record?.exit_event_ns) > ns(record?.compress_ack_ns));
    const [head = "", ...rows] = readFileSync(csv, "utf8").trimEnd().split("\n");
    assert.deepEqual(
      head.split(",").slice(0, originalCount),
      columns.slice(0, originalCount).map(({ name }) => name),
    );
    assert.equal(rows.filter((row) => row.startsWith(`${one.pid},1,`)).length, 1);
  });

  test("records who exits before the deadline, who has not enrolled by then, and who executes another program", async (t) => {
    if (!requires(t, root())) return;
    const policy = await startPolicy(t, bench, ["--delay-sec", "400ms"]);
    const short = startProgram(t, sleeper, ["0.1"]);
    const long = startProgram(t, sleeper, ["600"]);
    const shim = startProgram(t, shell, ["-c", `read go; exec ${sleeper} 600`]);
    shim.tell("go");
    await Promise.all(
      [long, shim].map(({ pid }) => policy.told("attempt", (one) => one.pid === pid && one.outcome === "not_enrolled")),
    );
    for (const { pid } of [long, shim]) process.kill(pid, "SIGKILL");
    const outcomesOf = async (pid: number, count: number) =>
      (await policy.recorded(pid, count)).map(({ generation, comm, outcome }) => `${generation} ${comm} ${outcome}`);
    assert.deepEqual(
      [await outcomesOf(short.pid, 1), await outcomesOf(long.pid, 1), await outcomesOf(shim.pid, 2)],
      [["1 sleeper exited_before"], ["1 sleeper not_enrolled"], ["1 sh superseded", "2 sleeper not_enrolled"]],
    );
  });

  test("says of who enrols after the deadline that he was late, and does not ask him", async (t) => {
    if (!requires(t, root())) return;
    const policy = await startPolicy(t, bench, ["--delay-sec", "0"]);
    // Node needs a while to begin.
    const one = startProgram(t, process.execPath, [
      "test/host/fixtures/enrolled-workload.mjs",
      "answer",
      policy.socket,
    ]);
    await policy.told("attempt", ({ pid, outcome }) => pid === one.pid && outcome === "enroll_late");
    process.kill(one.pid, "SIGKILL");
    const [record] = await policy.recorded(one.pid);
    assert.deepEqual(pickOf(record, "outcome", "enrolled", "compress_sent", "missed_due_to_no_enroll"), {
      outcome: "enroll_late",
      enrolled: true,
      compress_sent: false,
      missed_due_to_no_enroll: true,
    });
  });

  test("asks nothing of a program that was executed after the enrolment", async (t) => {
    if (!requires(t, root())) return;
    const policy = await startPolicy(t, bench, ["--delay-sec", "700ms"]);
    const one = startWorkload(t, policy.socket, "exec");
    await policy.told("enrolled", ({ pid }) => pid === one.pid);
    await policy.told("attempt", ({ pid, outcome: what }) => pid === one.pid && what === "not_enrolled");
    assert.equal(readFileSync(`/proc/${one.pid}/comm`, "utf8"), "sleep\n");
    process.kill(one.pid, "SIGKILL");
    assert.deepEqual(
      (await policy.recorded(one.pid, 2)).map(({ outcome, enrolled }) => [outcome, enrolled]),
      [
        ["superseded", true],
        ["not_enrolled", false],
      ],
    );
  });

  test("asks a workload of the original protocol by its signal, and takes its acknowledgement", async (t) => {
    if (!requires(t, root())) return;
    const legacy = path.join(bench.dir, "legacy");
    const policy = await startPolicy(t, bench, ["--delay-sec", "700ms", "--legacy-socket", legacy]);
    const one = startProgram(t, cProgram("legacy-workload"), ["answer-exit", legacy]);
    const [record] = await policy.recorded(one.pid);
    assert.deepEqual(pickOf(record, "enrolled", "compress_sent", "compress_ack", "exited", "exit_code"), {
      enrolled: true,
      compress_sent: true,
      compress_ack: true,
      exited: true,
      exit_code: 0,
    });
  });

  test("matches all of a thousand acknowledgements of processes that end right after them", async (t) => {
    if (!requires(t, root())) return;
    const policy = await startPolicy(t, bench, [], {
      rules: [
        "  - { name: ask, when: { enrol: { after: 0 } }, do: { message: compress }, limits: { in_flight: 99 }, record: at_exit }",
      ],
    });
    const crowd = startWorkload(t, policy.socket, "crowd");
    await crowd.ended;
    await until("every one is recorded", () => policy.all("attempt").length >= 1000, 60_000);
    const { status } = await policy.stop();
    const [stopped] = policy.all("stopped");
    assert.deepEqual([status, stopped?.summary.attempts, stopped?.summary.acknowledged], [0, 1000, 1000]);
  });

  test("in a dry run decides the same and asks nobody", async (t) => {
    if (!requires(t, root())) return;
    const policy = await startPolicy(t, bench, ["--delay-sec", "700ms", "--dry-run"]);
    const one = startWorkload(t, policy.socket, "answer-exit");
    const { outcome, reason } = await policy.told("attempt", ({ pid }) => pid === one.pid);
    await sleep(200);
    assert.deepEqual(
      [outcome, reason, readFileSync(`/proc/${one.pid}/comm`, "utf8")],
      ["dry_run", 'would send "compress" to the workload', "enrolled-worklo\n"],
    );
  });
});

describe("a policy as a service", () => {
  test("is alone on its socket: a second one is refused with its pid, and the first goes on", async (t) => {
    if (!requires(t, root())) return;
    const policy = await startPolicy(t, bench, ["--delay-sec", "1h"]);
    const second = await bench.corral(["policy", "run", "--sock-path", policy.socket]);
    assert.deepEqual(
      [second.status, second.err],
      [
        125,
        `[corral] another corral policy (pid ${policy.started.pid}) serves this socket; end it first, or give this one another --sock-path and other rules\n`,
      ],
    );
    const one = startWorkload(t, policy.socket, "answer");
    await policy.told("enrolled", ({ pid }) => pid === one.pid);
  });

  test("meets the deadlines of a run that was killed, after its workloads have enrolled again", async (t) => {
    if (!requires(t, root())) return;
    const flags = ["--delay-sec", "3"];
    const first = await startPolicy(t, bench, flags);
    const one = startWorkload(t, first.socket, "answer");
    await first.told("enrolled", ({ pid }) => pid === one.pid);
    await sleep(600);
    await first.stop("SIGKILL");
    const second = await startPolicy(t, bench, flags, { socket: first.socket });
    const [started] = second.all("started");
    assert.ok((started?.restored ?? 0) >= 1);
    const { lateness_us, outcome } = await second.told("attempt", ({ pid }) => pid === one.pid);
    assert.equal(outcome.startsWith("applied"), true);
    process.kill(one.pid, "SIGKILL");
    const [record] = await second.recorded(one.pid);
    assert.equal(BigInt(record?.deadline_ns ?? 0) - BigInt(record?.exec_event_ns ?? 0), 3_000_000_000n);
    assert.ok((lateness_us ?? 0) >= 0);
  });

  test("leaves nothing behind: no socket, no lock, and the end in its records", async (t) => {
    if (!requires(t, root())) return;
    const policy = await startPolicy(t, bench, ["--delay-sec", "1h"]);
    const { status } = await policy.stop("SIGTERM");
    const [stopped] = policy.all("stopped");
    assert.deepEqual([status, stopped?.why, stopped?.summary.end_reason], [0, "SIGTERM", "SIGTERM"]);
    const again = await startPolicy(t, bench, ["--delay-sec", "1h"], { socket: policy.socket });
    await until("the next one runs", () => again.all("started").length === 1);
  });
});
