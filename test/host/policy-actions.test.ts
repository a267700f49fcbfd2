import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { ProcessIdentity } from "../../src/kernel/index.ts";
import { identityOf, isRunning, signalNumbers } from "../../src/kernel/index.ts";
import type { Action, ActionContext, EnrolledWorkloads, Enrolment, WorkloadReply } from "../../src/policy/index.ts";
import { openActions } from "../../src/policy/index.ts";
import { killQuietly, processesMarked } from "../shared/processes.ts";
import { until } from "../shared/timing.ts";

const context: ActionContext = {
  requestId: "r-1",
  ackTimeoutMs: 1000,
  dryRun: false,
  othersInGroup: false,
  signal: null,
};
const folder = mkdtempSync(join(tmpdir(), "corral-actions-"));
const started: number[] = [];
after(() => {
  for (const pid of started) killQuietly(pid);
  rmSync(folder, { recursive: true });
});

/** A program that says `ready`, and its identity. */
async function start(command: string, args: readonly string[]): Promise<ProcessIdentity> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"] });
  started.push(child.pid ?? 0);
  await new Promise((resolve) => child.stdout.once("data", resolve));
  child.stdout.resume();
  const identity = identityOf(child.pid ?? 0);
  assert.ok(identity);
  return identity;
}

const python = (script: string): Promise<ProcessIdentity> =>
  start("python3", ["-c", `import signal, time\n${script}\nprint('ready', flush=True)\ntime.sleep(600)`]);

const { SIGUSR1 = 0, SIGTERM = 0 } = signalNumbers;

/** Does one action, with actions of its own. */
async function act(
  action: Action,
  identity: ProcessIdentity,
  change: Partial<ActionContext> = {},
  workloads: EnrolledWorkloads | null = null,
  enrolment: Enrolment | null = null,
) {
  await using actions = openActions({ workloads });
  return actions.perform(action, { identity, enrolment }, { ...context, ...change });
}

test("a signal goes to exactly the process, with its memory measured before and after", async () => {
  const mark = join(folder, "got-usr1");
  const identity = await python(`signal.signal(signal.SIGUSR1, lambda *_: open(${JSON.stringify(mark)}, "w").close())`);
  const result = await act({ do: "signal", signal: SIGUSR1 }, identity);
  assert.deepEqual([result.outcome, result.reason, result.errno], ["applied", "SIGUSR1 was sent", null]);
  await until("the signal to be caught", () => existsSync(mark));
  assert.ok((result.before?.pssBytes ?? 0) > 0 && (result.after?.rssBytes ?? 0) > 0);
  assert.ok(result.startedNs < (result.requestedNs ?? 0n) && (result.requestedNs ?? 0n) < result.finishedNs);
});

test("a notice that the process has no handler for is refused, for it would end it", async () => {
  const identity = await python("pass");
  const result = await act({ do: "signal", signal: SIGUSR1 }, identity);
  assert.deepEqual(
    [result.outcome, result.reason, result.requestedNs],
    ["rejected", "SIGUSR1 would end the process: it has no handler for it", null],
  );
  assert.ok(isRunning(identity));
});

test("SIGUSR1 is never sent to a Node process, also one with a handler", async () => {
  const script = 'process.on("SIGUSR1", () => process.exit(7)); console.log("ready"); setTimeout(() => {}, 600000)';
  const identity = await start(process.execPath, ["-e", script]);
  const result = await act({ do: "signal", signal: SIGUSR1 }, identity);
  assert.deepEqual(
    [result.outcome, result.reason],
    ["rejected", "SIGUSR1 would open the inspector of this Node.js process"],
  );
});

test("a process that has ended, or of which another has the pid, is left alone", async () => {
  const identity = await python("pass");
  const other = { ...identity, startTicks: identity.startTicks - 1 };
  assert.equal((await act({ do: "signal", signal: SIGTERM }, other)).outcome, "exited_before");
  assert.ok(isRunning(identity));
  assert.equal((await act({ do: "signal", signal: SIGTERM }, identity)).outcome, "applied");
  await until("the process to end", () => !isRunning(identity));
  const late = await act({ do: "madvise", advice: "cold" }, identity);
  assert.deepEqual([late.outcome, late.before, late.requestedNs], ["exited_before", null, null]);
});

test("a dry run tells what would be done and does nothing", async () => {
  const identity = await python("pass");
  const result = await act({ do: "signal", signal: SIGTERM }, identity, { dryRun: true });
  assert.deepEqual([result.outcome, result.reason, result.requestedNs], ["dry_run", "would send SIGTERM", null]);
  assert.ok(isRunning(identity));
});

test("cold advice is applied; paging out is refused where there is no swap", async () => {
  const identity = await python("b = bytearray(b'x' * (32 << 20))");
  const cold = await act({ do: "madvise", advice: "cold" }, identity);
  assert.equal(cold.outcome, "applied");
  assert.match(cold.reason, /^advised about \d+\.\d MiB of anonymous memory$/);
  const pageout = await act({ do: "madvise", advice: "pageout" }, identity);
  const noSwap = readFileSync("/proc/meminfo", "latin1").includes("SwapFree:              0 kB");
  assert.equal(pageout.outcome, noSwap ? "rejected" : "applied", pageout.reason);
});

test("Corral itself, process 1 and kernel threads are protected", async () => {
  const reasons = [process.pid, 1, 2].map(async (pid) => {
    const identity = identityOf(pid);
    assert.ok(identity);
    return (await act({ do: "signal", signal: SIGTERM }, identity)).reason;
  });
  assert.deepEqual(await Promise.all(reasons), [
    "the process is Corral itself",
    "the process is process 1",
    "the process is a kernel thread",
  ]);
});

const enrolmentOf = (identity: ProcessIdentity, token = "t-1"): Enrolment => ({
  token,
  identity,
  uid: 0,
  gid: 0,
  name: "w",
  tags: {},
  verbs: ["compress"],
  protocol: "v2",
  arena: null,
  enrolledNs: 0n,
});

const phases = { receivedNs: null, safePointNs: null, startNs: null, endNs: null };

const replies = [
  [{ status: "done", stats: null, phases, atNs: 5n }, "applied_no_gain"],
  [{ status: "nacked", code: "busy", message: "later", atNs: 5n }, "nacked"],
  [{ status: "timeout", atNs: 5n }, "timeout"],
  [{ status: "gone", why: "exited", atNs: 5n }, "exited_before"],
  [{ status: "gone", why: "superseded", atNs: 5n }, "superseded"],
  [{ status: "gone", why: "silent", atNs: 5n }, "timeout"],
  [{ status: "gone", why: "closed", atNs: 5n }, "error"],
] as const satisfies readonly (readonly [WorkloadReply, string])[];

test("every reply of a workload is one outcome", async () => {
  const identity = await python("pass");
  const enrolment = enrolmentOf(identity);
  for (const [reply, outcome] of replies) {
    const workloads = { find: () => enrolment, request: async () => reply };
    const result = await act({ do: "message", verb: "compress", params: {} }, identity, {}, workloads, enrolment);
    assert.equal(result.outcome, outcome, JSON.stringify(reply.status));
  }
});

test("a message needs an enrolment that still stands and knows the verb", async () => {
  const identity = await python("pass");
  const enrolment = enrolmentOf(identity);
  const never = { find: () => null, request: () => assert.fail("nothing is to be asked") };
  const anew = { ...never, find: () => enrolmentOf(identity, "t-2") };
  const same = { ...never, find: () => enrolment };
  const message = (verb: string): Action => ({ do: "message", verb, params: {} });
  const outcome = async (verb: string, workloads: EnrolledWorkloads | null, known: Enrolment | null) =>
    (await act(message(verb), identity, {}, workloads, known)).outcome;
  assert.equal(await outcome("compress", null, null), "not_enrolled");
  assert.equal(await outcome("compress", never, null), "not_enrolled");
  assert.equal(await outcome("compress", never, enrolment), "superseded");
  assert.equal(await outcome("compress", anew, enrolment), "superseded");
  assert.equal(await outcome("explode", same, enrolment), "rejected");
});

const hook = (script: string, timeoutMs = 5000): Action => ({ do: "exec", argv: ["sh", "-c", script], timeoutMs });

test("a hook is told the facts in its environment, and its first line is in the reason", async () => {
  const identity = await python("pass");
  const result = await act(hook('echo "$CORRAL_PID $CORRAL_COMM $CORRAL_REQUEST_ID"'), identity);
  assert.deepEqual(
    [result.outcome, result.reason],
    ["applied", `the hook ended with 0, saying "${identity.pid} python3 r-1"`],
  );
});

test("a hook that fails, hangs, floods its output or does not exist is told as it ended", async () => {
  const identity = await python("pass");
  const failed = await act(hook("echo no >&2; exit 3"), identity);
  assert.deepEqual([failed.outcome, failed.reason], ["error", 'the hook ended with 3, saying "no"']);
  const left = join(folder, "left");
  const hung = await act(hook(`sh -c "sleep 60; touch ${left}" & sleep 60`, 100), identity);
  assert.deepEqual([hung.outcome, hung.reason], ["timeout", "the hook was killed after 100 ms"]);
  await until("its children to be killed as well", () => processesMarked(left).length === 0);
  const flood = await act(hook("head -c 10000000 /dev/zero | tr '\\0' x"), identity);
  assert.equal(flood.outcome, "applied");
  assert.ok(flood.reason.length < 200);
  const absent = await act({ do: "exec", argv: ["/nowhere/hook"], timeoutMs: 1000 }, identity);
  assert.deepEqual([absent.outcome, absent.errno], ["error", "ENOENT"]);
});

test("an aborted signal ends a hook, and starts nothing afterwards", async () => {
  const identity = await python("pass");
  const stop = new AbortController();
  setTimeout(() => stop.abort(), 50);
  const stopped = await act(hook("sleep 60"), identity, { signal: stop.signal });
  assert.deepEqual(
    [stopped.outcome, stopped.reason],
    ["suppressed", "the policy was stopped while the hook ran, which was killed"],
  );
  assert.equal((await act(hook("exit 0"), identity, { signal: stop.signal })).outcome, "suppressed");
});
