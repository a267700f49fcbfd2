import { expect, test } from "vitest";
import { exec, exit, fork, running } from "../../../test/shared/made-events.ts";
import { ms, PolicyHarness, sec } from "../../../test/shared/policy-harness.ts";
import { classicRule } from "../rules/index.ts";

const delay = sec(10);
const at = (seconds: number): number => seconds * 1e9;
const classic = (dryRun = false) => new PolicyHarness([classicRule({ delayNs: delay, dryRun })]);

test("an enrolled workload is asked once, at the kernel's exec time plus the delay, and its record waits for its end", () => {
  const host = classic();
  host.event(exec(7, 70, 1, at(1), "worker"));
  host.advance(sec(2));
  host.enrol(7, 70);
  host.advance(sec(11) - 1n);
  expect(host.acts).toEqual([]);
  host.advance(sec(11));
  expect(host.acts).toMatchObject([
    { rule: "classic", generation: 1, deadlineNs: sec(11), action: { do: "message", verb: "compress" } },
  ]);
  host.nowNs = sec(12);
  host.answer("applied", { requestedNs: sec(11), acknowledgedNs: sec(12) });
  host.advance(sec(100));
  expect([host.acts.length, host.attempts]).toEqual([1, []]);
  host.event(exit(7, 70, 1, at(120), 3));
  expect(host.attempts).toMatchObject([
    {
      outcome: "applied",
      deadlineNs: sec(11),
      process: {
        identity: { pid: 7, startTicks: 70 },
        generation: 1,
        comm: "worker",
        execNs: sec(1),
        exitNs: sec(120),
        exitCode: 3,
        enrolled: true,
        workloadName: "worker",
      },
      result: { acknowledgedNs: sec(12) },
    },
  ]);
});

test("a deadline is counted from the event's time, not from its arrival", () => {
  const host = classic();
  host.nowNs = sec(9);
  host.event(exec(7, 70, 1, at(1)));
  host.enrol(7, 70);
  host.advance(sec(11));
  expect(host.acts.map(({ deadlineNs }) => deadlineNs)).toEqual([sec(11)]);
});

test("who exits before the deadline is recorded and never asked", () => {
  const host = classic();
  host.event(exec(7, 70, 1, at(1)));
  host.enrol(7, 70);
  host.event(exit(7, 70, 1, at(3.5)));
  host.advance(sec(60));
  expect(host.acts).toEqual([]);
  expect(host.attempts).toMatchObject([{ outcome: "exited_before", reason: "it exited 7.50 s before the deadline" }]);
  expect(host.engine.size()).toMatchObject({ cases: 0, tracked: 0, deadlines: 0 });
});

test("who has not enrolled by the deadline is a miss", () => {
  const host = classic();
  host.event(exec(7, 70, 1, at(1)));
  host.advance(sec(20));
  host.event(exit(7, 70, 1, at(21)));
  expect(host.acts).toEqual([]);
  expect(host.attempts).toMatchObject([
    { outcome: "not_enrolled", deadlineNs: sec(11), process: { enrolled: false, exitNs: sec(21) } },
  ]);
});

test("who enrols after the deadline is late: one record, and never asked", () => {
  const host = classic();
  host.event(exec(7, 70, 1, at(1)));
  host.advance(sec(14));
  host.enrol(7, 70);
  host.advance(sec(60));
  host.event(exit(7, 70, 1, at(61)));
  expect(host.acts).toEqual([]);
  expect(host.attempts).toMatchObject([
    { outcome: "enroll_late", reason: "it enrolled 3.00 s after the deadline", process: { enrolled: true } },
  ]);
});

test.each([
  ["before", 2, 1],
  ["after", 1, 2],
])("an enrolment may arrive %s the exec event that it follows", (_, eventArrives, enrolmentArrives) => {
  const host = classic();
  const told = exec(7, 70, 1, at(0.5));
  const steps = [
    { atNs: sec(eventArrives), run: () => host.input({ kind: "event", event: told, lookedUp: null }) },
    { atNs: sec(enrolmentArrives), run: () => host.enrol(7, 70, { enrolledNs: sec(0.7) }) },
  ].toSorted((a, b) => Number(a.atNs - b.atNs));
  for (const step of steps) {
    host.advance(step.atNs);
    step.run();
  }
  host.advance(sec(11));
  expect(host.acts.map(({ deadlineNs }) => deadlineNs)).toEqual([sec(10.5)]);
});

test("an exec revokes the enrolment of the program before it and counts anew, as another generation", () => {
  const host = classic();
  host.event(exec(7, 70, 1, at(1), "shim"));
  host.enrol(7, 70);
  host.event(exec(7, 70, 1, at(4), "victim"));
  host.advance(sec(60));
  host.event(exit(7, 70, 1, at(61)));
  expect(host.acts).toEqual([]);
  expect(host.outcomes).toEqual(["7/1 superseded", "7/2 not_enrolled"]);
  expect(host.attempts[0]?.process).toMatchObject({ comm: "shim", enrolled: true, exitNs: null });
  expect(host.attempts[1]?.process).toMatchObject({ comm: "victim", enrolled: false });
});

test("an enrolment that was made before the exec but read after it is none", () => {
  const host = classic();
  host.event(exec(7, 70, 1, at(1)));
  host.event(exec(7, 70, 1, at(4)));
  host.enrol(7, 70, { enrolledNs: sec(3) });
  host.advance(sec(60));
  expect(host.acts).toEqual([]);
});

test("an enrolment that is over before its exec event arrives still was one", () => {
  const host = classic();
  host.nowNs = sec(2);
  host.enrol(7, 70, { enrolledNs: sec(1.5) });
  host.unenrol(7, 70);
  for (const event of [fork(7, 70, 1, at(1)), exec(7, 70, 1, at(1), "short"), exec(7, 70, 1, at(1.8), "other")])
    host.input({ kind: "event", event, lookedUp: null });
  host.advance(sec(60));
  host.event(exit(7, 70, 1, at(61)));
  expect(host.attempts.map(({ outcome, process }) => [outcome, process.enrolled])).toEqual([
    ["superseded", true],
    ["not_enrolled", false],
  ]);
});

test("a pid that is used again is another process", () => {
  const host = classic();
  host.event(exec(7, 70, 1, at(1)));
  host.enrol(7, 70);
  host.event(exit(7, 70, 1, at(2)));
  host.event(fork(7, 300, 1, at(3)));
  host.event(exec(7, 300, 1, at(3.1)));
  host.advance(sec(60));
  expect([host.acts, host.outcomes]).toEqual([[], ["7/1 exited_before"]]);
});

test("what ran before the policy began has no deadline", () => {
  const host = classic();
  host.adopt({ process: running(7, 70, 1), lookedUp: null, startNs: sec(-3), remembered: null });
  host.enrol(7, 70);
  host.advance(sec(100));
  expect([host.acts, host.attempts]).toEqual([[], []]);
});

test("an acknowledgement that is read after the exit still is the process's own: a thousand of a thousand", () => {
  const host = classic();
  for (let pid = 1001; pid <= 2000; pid += 1) {
    host.event(exec(pid, pid, 1, at(1)));
    host.enrol(pid, pid);
  }
  host.advance(sec(11));
  for (let count = 0; count < 1000; count += 1) {
    const act = host.acts[count];
    if (act === undefined) throw new Error("not asked");
    host.event(exit(act.target.identity.pid, act.target.identity.pid, 1, Number(host.nowNs + ms(1))));
    host.answer("applied", { acknowledgedNs: host.nowNs - 10n }, count);
  }
  const applied = host.attempts.filter(({ outcome, process }) => outcome === "applied" && process.exitNs !== null);
  expect([applied.length, host.attempts.length]).toEqual([1000, 1000]);
  expect(host.engine.size()).toMatchObject({ cases: 0, tracked: 0, deadlines: 0, inFlight: 0 });
});

test("lost events mark what was under way as uncertain, and nothing that comes after", () => {
  const host = classic();
  host.event(exec(7, 70, 1, at(1)));
  host.input({ kind: "lost", count: 3 });
  host.event(fork(8, 80, 1, at(2)));
  host.event(exec(8, 80, 1, at(2)));
  host.event(exit(7, 70, 1, at(3)));
  host.event(exit(8, 80, 1, at(3)));
  expect(host.attempts.map(({ process, degraded }) => [process.identity.pid, degraded])).toEqual([
    [7, true],
    [8, false],
  ]);
});

test("at the end what was done is recorded, and what is under way is called off", () => {
  const host = classic();
  for (const pid of [7, 8, 9]) host.event(exec(pid, pid * 10, 1, at(pid === 9 ? 5 : 1)));
  for (const pid of [7, 8]) host.enrol(pid, pid * 10);
  host.advance(sec(11));
  host.answer("applied", {}, 0);
  host.input({ kind: "stop" });
  expect(host.outcomes).toEqual(["7/1 applied", "8/1 error"]);
  expect(host.decisions.filter(({ kind }) => kind === "cancel")).toEqual([
    { kind: "cancel", requestId: host.acts[1]?.requestId },
  ]);
  expect(host.engine.size()).toMatchObject({ cases: 0, deadlines: 0 });
});

test("a dry run makes the same decisions, each marked as such", () => {
  const run = (dryRun: boolean) => {
    const host = classic(dryRun);
    host.event(exec(7, 70, 1, at(1)));
    host.enrol(7, 70);
    host.event(exec(8, 80, 1, at(2)));
    host.advance(sec(30));
    return host.acts;
  };
  expect(run(true)).toEqual(run(false).map((act) => ({ ...act, dryRun: true })));
  expect(run(true)).toHaveLength(1);
});

test("what a command starts has that command as its root, whatever started the command", () => {
  const host = classic();
  host.adopt({ process: running(2, 2, 1), lookedUp: null, startNs: null, remembered: null });
  host.event(fork(7, 70, 2, at(1)));
  host.event(exec(7, 70, 2, at(1), "storm"));
  for (let pid = 100; pid < 157; pid += 1) {
    host.event(fork(pid, pid, 7, at(2)));
    host.event(exec(pid, pid, 7, at(2), "true"));
    host.event(exit(pid, pid, 7, at(3)));
  }
  expect(host.attempts.filter(({ process }) => process.lineageRootPid === 7)).toHaveLength(57);
});
