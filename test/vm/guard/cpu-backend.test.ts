/** `corral guard` and its CPU backends: shares, changed weights, quotas, boosts, and what is left of a scheduler that ends. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { get } from "node:http";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { after, before, test } from "node:test";
import type { CpuAlert } from "../../../src/cgroup/cpu/index.ts";
import { defaultSchedulerOptions, ScxBackend } from "../../../src/cgroup/cpu/index.ts";
import { runTool } from "../../../src/guard/tools/index.ts";
import { readScheduling } from "../../../src/kernel/index.ts";
import { until } from "../../shared/timing.ts";
import { awaitBurning, burn, checkShares, processesEach } from "../scheduler/support.ts";
import { assertNear, fixture, read, sampleCpu, write } from "../support.ts";
import { clearPlace, type GuardUnderTest, type Line, newPlace, sleeperIn, startGuard } from "./support.ts";

const extPolicy = 7;
const place = newPlace();
const metricsSocket = join(place.home, "metrics.sock");
const names = ["w100", "w200", "w300"] as const;
const groups = names.map((name) => `${place.root}/${name}`);
const plainShares = [100 / 6, 200 / 6, 300 / 6];

/** @param cpu the key of that name @param limits more of those of the first session */
const fileOf = (cpu: string, limits = ""): string => `
version: 1
listen: unix:${metricsSocket}
cpu: ${cpu}
sessions:
  - { name: w100, limits: { cpu-weight: 100${limits} } }
  - { name: w200, limits: { cpu-weight: 200 } }
  - { name: w300, limits: { cpu-weight: 300 } }
`;
const scx = "{ backend: scx, interval: 1s }";

let guard: GuardUnderTest;
before(async () => {
  guard = await startGuard(place, { config: fileOf("{}") });
  for (const group of groups) burn(`${group}/framework`, processesEach);
  for (const group of groups) await awaitBurning(`${group}/framework`, processesEach);
});
after(async () => {
  await guard.end("SIGKILL");
  await clearPlace(place);
});

const stateOfExt = (): string => read("/sys/kernel/sched_ext/state");
const policiesIn = (group: string): readonly number[] => [
  ...new Set(
    read(`${group}/cgroup.procs`)
      .split("\n")
      .map((pid) => readScheduling(Number(pid)).policy),
  ),
];
const allPolicies = (): readonly number[] => [...new Set(groups.flatMap((one) => policiesIn(`${one}/framework`)))];

/** Sets the first session's weight, and measures from two seconds after it was asked for. */
async function checkChangedWeight(t: TestContext, what: string): Promise<void> {
  const asked = performance.now();
  await guard.client.updateSession("w100", { limits: { "cpu-weight": 1000 } });
  await until("two seconds to pass", () => performance.now() - asked >= 2000);
  await checkShares(t, { groups, wanted: [100 / 1.5, 20 / 1.5, 30 / 1.5] }, what);
}

/** The first line of an event among those that came after `since` others. */
async function told(event: string, since = 0): Promise<Line> {
  const found = (): Line | undefined => guard.lines.slice(since).find((line) => line.event === event);
  await until(`${event}; stderr: ${guard.stderr()}`, () => found() !== undefined, 20_000);
  return found() as Line;
}

/** Gives the guard another file and waits until it has it. How many lines there were before. */
async function reload(config: string): Promise<number> {
  const since = guard.lines.length;
  writeFileSync(guard.config, config);
  guard.process.kill("SIGHUP");
  await told("RELOADED", since);
  return since;
}

function loaderPid(): number {
  const { pid } = guard.process;
  const children = read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean).map(Number);
  const found = children.find((child) => read(`/proc/${child}/comm`) === "corral-schedule");
  assert.ok(found !== undefined, "the guard has no loader");
  return found;
}

async function fetchText(path: string): Promise<string> {
  const [response] = await once(get({ socketPath: metricsSocket, path }), "response");
  let text = "";
  for await (const piece of response.setEncoding("utf8")) text += piece;
  return text;
}

async function metric(line: string): Promise<number> {
  const text = await fetchText("/metrics");
  const found = text.split("\n").find((one) => one.startsWith(`${line} `));
  assert.ok(found !== undefined, `no ${line} in ${text}`);
  return Number(found.slice(line.length + 1));
}

test("fair is the default: shares follow the sessions' weights, and a new one holds within two seconds", async (t) => {
  const { cpu_backend, cpu_wanted, cpu_fallback } = await guard.client.status();
  assert.deepEqual([cpu_backend, cpu_wanted, cpu_fallback, stateOfExt()], ["fair", "fair", null, "disabled"]);
  await checkShares(t, { groups, wanted: plainShares }, "fair 100:200:300");
  await checkChangedWeight(t, "fair 1000:200:300 from 2 s on");
});

test("HUP with backend: scx puts all sessions under it; weights, changed weights and quotas hold there", async (t) => {
  const loaded = await told("SCHEDULER_LOADED", await reload(fileOf(scx)));
  assert.deepEqual(
    [loaded["mode"], loaded["adopted"], loaded["boosted"]],
    ["partial", names.length * processesEach, ["session_high"]],
  );
  assert.deepEqual([(await guard.client.status()).cpu_backend, stateOfExt()], ["scx", "enabled"]);
  assert.deepEqual(allPolicies(), [extPolicy]);
  await checkShares(t, { groups, wanted: plainShares }, "scx 100:200:300");
  await checkChangedWeight(t, "scx 1000:200:300 from 2 s on");

  await guard.client.updateSession("w100", { limits: { "cpu-quota": 20 } });
  const { usageUs, wallUs } = await sampleCpu(groups.slice(0, 1), 5);
  const percent = (100 * (usageUs[0] ?? 0)) / wallUs;
  t.diagnostic(`cpu.max 20 %: ${percent.toFixed(2)} % of a CPU`);
  assertNear(percent, 20, 3, "percent of a CPU under cpu.max");
  await guard.client.updateSession("w100", { limits: { "cpu-quota": "max", "cpu-weight": 100 } });
});

test("a tool call is under scx before it executes, with the weight of its hint's class", async () => {
  const seen: unknown[] = [];
  const { result } = await runTool(guard.client, {
    request: { session: "w200", hint: "class=low", command: "cat" },
    command: ["sleep", "0"],
    env: [`PATH=${process.env["PATH"]}`],
    fds: [-1, -1, -1],
    onChild: ({ pid }, { group }) => seen.push(readScheduling(pid).policy, read(`${group}/cpu.weight`)),
  });
  assert.deepEqual([seen, result?.exit_code], [[extPolicy, "50"], 0]);
});

/** Wakes up again and again in a session's framework group beside all that computes, once it is under the scheduler. */
async function wakeOften(session: string): Promise<void> {
  const group = `${place.root}/${session}/framework`;
  const script = 'echo 0 >"$1/cgroup.procs"; read go; exec "$2" spikes 20 1 30';
  const child: ChildProcess = spawn("sh", ["-c", script, "sh", group, fixture("burn-cpu")], {
    stdio: ["pipe", "ignore", "inherit"],
  });
  const ended = once(child, "exit");
  await until("the guard to find it", () => readScheduling(child.pid ?? 0).policy === extPolicy, 20_000);
  child.stdin?.end("go\n");
  await ended;
}

test("agents of class high run ahead of their turn when they wake up, others do not", async (t) => {
  const boosts = 'corral_guard_scheduler_events_total{counter="boost"}';
  const nexts = 'corral_guard_scheduler_events_total{counter="next"}';
  const afterNextSample = async (): Promise<number> => {
    const before = await metric(nexts);
    let now = before;
    // What computes is chosen again and again: another sample has another number.
    while (now === before) now = await metric(nexts);
    return metric(boosts);
  };
  await wakeOften("w200");
  assert.equal(await afterNextSample(), 0);
  await wakeOften("session_high");
  const boosted = await afterNextSample();
  t.diagnostic(`${boosted} boosts of 20 wakes`);
  assert.ok(boosted > 0);
});

test("a loader that is killed: fair again, told by an event, the status, /healthz and metrics, and shares hold", async (t) => {
  process.kill(loaderPid(), "SIGKILL");
  const alert = await told("SCHEDULER_FALLBACK");
  const reason = "the loader was killed by SIGKILL";
  assert.deepEqual(
    [alert.session, alert["kind"], alert["reason"], alert["message"], alert["state"]],
    [null, "died", reason, "", "disabled"],
  );
  assert.match(guard.stderr(), /WARNING: the scx scheduler died: the loader was killed by SIGKILL/);
  const { cpu_backend, cpu_wanted, cpu_fallback } = await guard.client.status();
  assert.deepEqual(
    [cpu_backend, cpu_wanted, cpu_fallback?.kind, cpu_fallback?.reason],
    ["fair", "scx", "died", reason],
  );
  assert.match(await fetchText("/healthz"), /"status":"degraded","reason":"the scx scheduler died/);
  assert.equal(await metric('corral_guard_cpu_backend{backend="fair"}'), 1);
  assert.equal(await metric('corral_guard_scheduler_fallbacks_total{kind="died"}'), 1);
  assert.deepEqual([stateOfExt(), allPolicies()], ["disabled", [0]]);
  for (const group of groups) await awaitBurning(`${group}/framework`, processesEach);
  await checkShares(t, { groups, wanted: plainShares }, "fair again");
});

/** Ends what computes in a session; one process that sleeps stays. What comes after has the machine for itself. */
async function quieten(group: string): Promise<void> {
  write(`${group}/framework/cgroup.kill`, "1");
  await until(`${group} to be empty`, () => read(`${group}/framework/cgroup.procs`) === "");
  await sleeperIn(`${group}/framework`);
}

test("HUP loads it again; what the kernel's watchdog ends, and a loader that is stopped, are stalled", async () => {
  for (const group of groups.slice(1)) await quieten(group);
  // Twelve processes have a hundredth of a CPU, so that each waits for longer than the watchdog lets it.
  burn(`${groups[0]}/framework`, 2 * processesEach);
  await awaitBurning(`${groups[0]}/framework`, 3 * processesEach);
  const crowded = await reload(fileOf("{ backend: scx, interval: 1s, watchdog: 1s }", ", cpu-quota: 1"));
  const stalled = await told("SCHEDULER_FALLBACK", crowded);
  assert.deepEqual([stalled["kind"], stalled["reason"]], ["stalled", "runnable task stall"]);
  assert.deepEqual([stateOfExt(), allPolicies()], ["disabled", [0]]);

  await quieten(groups[0] ?? "");
  const again = await reload(fileOf(scx));
  await told("SCHEDULER_LOADED", again);
  process.kill(loaderPid(), "SIGSTOP");
  const silent = await told("SCHEDULER_FALLBACK", again);
  assert.deepEqual(
    [silent["kind"], silent["reason"], silent["state"]],
    ["stalled", "the loader gave no sign of life for 10 s and was killed", "disabled"],
  );
});

test("a guard that is killed leaves no scheduler, and weights as before; the next one is refused another's, and tidies up", async () => {
  await told("SCHEDULER_LOADED", await reload(fileOf(scx)));
  process.kill(loaderPid(), "SIGSTOP");
  assert.equal(await guard.end("SIGKILL"), null);
  await until("the kernel to have the tasks", () => stateOfExt() === "disabled");
  assert.deepEqual(
    groups.map((one) => read(`${one}/cpu.weight`)),
    ["100", "200", "300"],
  );
  assert.deepEqual(allPolicies(), [extPolicy]);

  const alerts: CpuAlert[] = [];
  await using other = await ScxBackend.open(defaultSchedulerOptions, { onAlert: (alert) => alerts.push(alert) });
  guard = await startGuard(place, { config: fileOf("{}"), flags: ["--scheduler", "scx", "--on-stop", "keep"] });
  const refused = await told("SCHEDULER_FALLBACK");
  assert.equal(refused["kind"], "refused");
  assert.match(String(refused["reason"]), /errno 16; corral is loaded/);
  assert.equal((await guard.client.status()).cpu_fallback?.kind, "refused");
  assert.deepEqual(allPolicies(), [0]);
  assert.deepEqual([other.name, alerts], ["scx", []]);
  await other.close();
});

test("HUP loads it when it can be had; TERM with --on-stop keep ends it, tasks are ordinary again, weights stay", async () => {
  await told("SCHEDULER_LOADED", await reload(fileOf("{}")));
  assert.deepEqual([stateOfExt(), allPolicies()], ["enabled", [extPolicy]]);
  assert.equal(await guard.end("SIGTERM"), 0, guard.stderr());
  assert.deepEqual([stateOfExt(), allPolicies()], ["disabled", [0]]);
  assert.deepEqual(
    groups.map((one) => read(`${one}/cpu.weight`)),
    ["100", "200", "300"],
  );
});
