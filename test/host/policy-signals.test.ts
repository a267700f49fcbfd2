import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readlinkSync, rmdirSync, writeFileSync } from "node:fs";
import { after, test } from "node:test";
import { identityOf } from "../../src/kernel/index.ts";
import type { Metric, Sample, SampleSubject, SignalWant } from "../../src/policy/index.ts";
import { openSignals } from "../../src/policy/index.ts";
import { host } from "../shared/group-parent.ts";
import { killQuietly } from "../shared/processes.ts";
import { capability, controller, requires, root } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";

const pids: number[] = [];
const groups: string[] = [];
const unifiedMount = host.unified?.mountPoint ?? "";
const noUnified = host.unified === null ? "no cgroup v2 mount" : null;

after(async () => {
  for (const pid of pids) killQuietly(pid);
  for (const group of groups)
    await until(`${group} to be removed`, () => {
      try {
        rmdirSync(group);
      } catch (thrown) {
        return (thrown as NodeJS.ErrnoException).code === "ENOENT";
      }
      return true;
    });
});

function start(command: string, ...args: readonly string[]): number {
  const { pid = 0 } = spawn(command, args, { stdio: "ignore" });
  pids.push(pid);
  return pid;
}

const burn = (): number => start("sh", "-c", "while :; do :; done");

function makeGroup(mountPoint: string, name: string): { readonly directory: string; readonly path: string } {
  const path = `/corral-signal-test-${process.pid}-${name}`;
  mkdirSync(`${mountPoint}${path}`);
  groups.push(`${mountPoint}${path}`);
  return { directory: `${mountPoint}${path}`, path };
}

const want = (subject: SampleSubject, metric: Metric, change: Partial<SignalWant> = {}): SignalWant => ({
  subject,
  metric,
  trigger: null,
  everyMs: 50,
  ...change,
});

/** Watches one thing and keeps what it is told. */
function collect(signals: ReturnType<typeof openSignals>, wanted: SignalWant) {
  const samples: Sample[] = [];
  const ends: string[] = [];
  const watch = signals.watch(
    wanted,
    (sample) => samples.push(sample),
    (reason) => ends.push(reason),
  );
  assert.deepEqual([samples, ends], [[], []], "told before the watch was returned");
  return { samples, ends, watch };
}

const pressureDescriptors = (): number =>
  readdirSync("/proc/self/fd").filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).endsWith("pressure");
    } catch {
      return false;
    }
  }).length;

const mayShorten = capability("CAP_SYS_RESOURCE") === null;
const trigger = { stallUs: 5000, windowUs: 500_000 };

test("a group that is short of CPU fires its trigger, and tells 0 once it has what it wants", async (t) => {
  if (!requires(t, root(), noUnified)) return;
  const { directory, path } = makeGroup(unifiedMount, "pressure");
  const busy = [burn(), burn(), burn(), burn()];
  for (const pid of busy) writeFileSync(`${directory}/cgroup.procs`, String(pid));
  await using signals = openSignals();
  const { samples, watch } = collect(signals, want({ kind: "group", path }, "pressure_cpu_some", { trigger }));
  const reason = mayShorten
    ? "5000 us of some stall within 0.5 s"
    : "20000 us of some stall within 2 s: the window is 2 s, a multiple of 2 s as without CAP_SYS_RESOURCE";
  assert.deepEqual(watch.means, { mechanism: "psi trigger", reason });
  await until("the trigger to fire", () => samples.some(({ value }) => value >= 5000));
  assert.ok(
    samples.every(({ value, metric }) => metric === "pressure_cpu_some" && value <= (mayShorten ? 500_000 : 2_000_000)),
  );
  for (const pid of busy) killQuietly(pid);
  await until("a quiet window", () => samples.at(-1)?.value === 0);
});

test("who asks for the same shares one descriptor, and closing the last frees it", async (t) => {
  if (!requires(t, root(), noUnified)) return;
  const { path } = makeGroup(unifiedMount, "shared");
  await using signals = openSignals();
  const same = want({ kind: "group", path }, "pressure_memory_some", { trigger });
  const first = collect(signals, same);
  const second = collect(signals, same);
  assert.equal(pressureDescriptors(), 1);
  await until("both to hear", () => first.samples.length > 0 && second.samples.length > 0);
  first.watch.close();
  first.watch.close();
  assert.equal(pressureDescriptors(), 1);
  second.watch.close();
  assert.equal(pressureDescriptors(), 0);
});

test("without the addon pressure is polled, and says so", async (t) => {
  if (!requires(t, root(), noUnified)) return;
  const { path } = makeGroup(unifiedMount, "polled");
  process.env["CORRAL_NO_ADDON"] = "1";
  try {
    await using signals = openSignals();
    const { samples, watch } = collect(signals, want({ kind: "group", path }, "pressure_cpu_some", { trigger }));
    assert.deepEqual(watch.means, { mechanism: "polling", reason: "waiting for a trigger needs the native addon" });
    await until("a look", () => samples.length > 0);
  } finally {
    delete process.env["CORRAL_NO_ADDON"];
  }
});

test("a group that is removed ends its watches once, and leaves no descriptor", async (t) => {
  if (!requires(t, root(), noUnified)) return;
  const { directory, path } = makeGroup(unifiedMount, "removed");
  await using signals = openSignals();
  const pressure = collect(signals, want({ kind: "group", path }, "pressure_cpu_some", { trigger }));
  const cpu = collect(signals, want({ kind: "group", path }, "cpu_us"));
  await until("the first samples", () => pressure.samples.length > 0 && cpu.samples.length > 0);
  rmdirSync(directory);
  await until("both ends", () => pressure.ends.length > 0 && cpu.ends.length > 0);
  assert.deepEqual(pressure.ends, [`${directory}/cpu.pressure is gone`]);
  assert.deepEqual(cpu.ends, [`${directory} is gone`]);
  assert.equal(pressureDescriptors(), 0);
});

test("CPU time and memory of a process are told until it ends", async () => {
  const pid = burn();
  const identity = identityOf(pid);
  assert.ok(identity);
  await using signals = openSignals();
  const cpu = collect(signals, want({ kind: "process", identity }, "cpu_us"));
  const rss = collect(signals, want({ kind: "process", identity }, "rss_bytes"));
  assert.equal(cpu.watch.means.mechanism, "polling");
  await until("CPU time to grow", () => (cpu.samples.at(-1)?.value ?? 0) > (cpu.samples[0]?.value ?? 0));
  assert.ok((rss.samples[0]?.value ?? 0) > 100_000);
  killQuietly(pid);
  await until("the end", () => cpu.ends.length > 0 && rss.ends.length > 0);
  assert.deepEqual([cpu.ends, rss.ends], [[`process ${pid} has ended`], [`process ${pid} has ended`]]);
});

test("v1 groups tell memory and kills by looks", async (t) => {
  const memory = host.owner.memory;
  if (!requires(t, root(), controller("memory"), memory?.version === 1 ? null : "the memory controller is not on v1"))
    return;
  const { path } = makeGroup(memory?.mountPoint ?? "", "v1");
  await using signals = openSignals();
  const subject = { kind: "group", path } as const;
  const current = collect(signals, want(subject, "memory_current_bytes"));
  const kills = collect(signals, want(subject, "events_oom_kill"));
  const hits = collect(signals, want(subject, "events_max"));
  await until("all to be told", () => [current, kills, hits].every(({ samples }) => samples.length > 0));
  assert.deepEqual(
    [current, kills, hits].map(({ samples }) => samples[0]?.value),
    [0, 0, 0],
  );
  assert.throws(() => collect(signals, want(subject, "events_high")), { code: "SIGNAL_UNAVAILABLE" });
  assert.throws(() => collect(signals, want(subject, "memory_high_bytes")), { code: "SIGNAL_UNAVAILABLE" });
});

test("what nothing can tell is refused with the reason", async () => {
  const identity = identityOf(process.pid);
  assert.ok(identity);
  await using signals = openSignals({ mostSources: 1 });
  const refuses = (subject: SampleSubject, metric: Metric, message: RegExp) =>
    assert.throws(() => collect(signals, want(subject, metric)), { code: "SIGNAL_UNAVAILABLE", message });
  refuses({ kind: "system" }, "rss_bytes", /the host has no rss_bytes here/);
  refuses({ kind: "process", identity }, "pressure_cpu_some", /a process has no pressure of its own/);
  refuses({ kind: "group", path: "/corral-absent" }, "cpu_us", /there is no group \/corral-absent/);
  const { watch } = collect(signals, want({ kind: "process", identity }, "cpu_us"));
  refuses({ kind: "process", identity }, "rss_bytes", /1 different things are watched already/);
  watch.close();
});

test("the sources do not keep a process alive, and tell nothing once disposed of", async () => {
  const identity = identityOf(process.pid);
  assert.ok(identity);
  const signals = openSignals();
  const { samples } = collect(signals, want({ kind: "process", identity }, "cpu_us"));
  await signals[Symbol.asyncDispose]();
  const told = samples.length;
  await new Promise((resolve) => setTimeout(resolve, 120));
  assert.equal(samples.length, told);
});
