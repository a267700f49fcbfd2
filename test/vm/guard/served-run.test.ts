/** `corral run` through a guard on cgroup v2: what its limits do there. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { openBench } from "../../shared/bench.ts";
import { expectNoLeftovers } from "../../shared/leaks.ts";
import { clearPlace, type GuardUnderTest, newPlace, startGuard, thinClient } from "./support.ts";

const mib = 2 ** 20;
const bench = openBench();
const place = newPlace();
let guard: GuardUnderTest;

before(async () => {
  guard = await startGuard(place);
});
after(async () => {
  await guard.end("SIGKILL");
  await clearPlace(place);
});

const served = () => ({ program: [thinClient()], env: { CORRAL_GUARD_SOCKET: guard.socket } });

test("the limits stand in the group that the command finds itself in", async () => {
  const flags = ["--cpu-quota", "50", "--memory-limit", "64", "--pids-max", "20"];
  const script = 'cd "/sys/fs/cgroup$(sed -n s/^0:://p /proc/self/cgroup)" && cat cpu.max memory.max pids.max';
  const { out, report, status } = await bench.report(flags, ["sh", "-c", script], served());
  assert.deepEqual([status, out], [0, `50000 100000\n${64 * mib}\n20\n`]);
  assert.equal(report.wrapper_pid, guard.process.pid);
  assert.deepEqual(
    report.constraints.map(({ status: is }) => is),
    ["applied", "applied", "applied"],
  );
});

test("a quota throttles, and the report counts it", async () => {
  const spin = "const end = Date.now() + 2000; while (Date.now() < end);";
  const { report } = await bench.report(["--cpu-quota", "20"], [process.execPath, "-e", spin], served());
  const usedUs = (report.usage.cpu_user_us ?? 0) + (report.usage.cpu_sys_us ?? 0);
  assert.ok(usedUs > 0 && usedUs < 0.35 * (report.duration_sec ?? 0) * 1e6, `${usedUs} us of ${report.duration_sec} s`);
  assert.ok((report.usage.nr_throttled ?? 0) > 0, `throttled ${report.usage.nr_throttled} times`);
});

test("whoever takes more memory than the limit is killed, and that is what the report says", async () => {
  const ran = await bench.report(["--memory-limit", "32"], ["tail", "/dev/zero"], served());
  assert.deepEqual([ran.status, ran.report.exit_reason, ran.report.exit_signal], [137, "oom", "SIGKILL"]);
  assert.ok((ran.report.usage.oom_kills ?? 0) > 0);
});

test("--timeout ends the command and all that it has started", async () => {
  const flags = ["--timeout", "500ms", "--kill-after", "100ms"];
  const script = "trap '' TERM; sleep 600 & sleep 600 & wait; wait";
  const ran = await bench.report(flags, ["sh", "-c", script], served());
  assert.deepEqual([ran.status, ran.report.exit_reason, ran.report.survivors?.length ?? 0], [124, "timeout", 0]);
});

expectNoLeftovers(bench);
