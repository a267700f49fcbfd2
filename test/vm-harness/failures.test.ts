import assert from "node:assert/strict";
import { availableParallelism } from "node:os";
import { describe, test } from "node:test";
import { runInVm } from "../../vm/index.ts";
import { leftoversOf, requireVm, runScript } from "./support.ts";

// As many at a time as guests may run beside each other; most of each is booting.
describe("a guest that fails", { concurrency: availableParallelism() }, () => {
  test("a kernel panic gives 125, says so and shows the end of the console", async (t) => {
    if (!(await requireVm(t))) return;
    const run = await runScript("echo c >/proc/sysrq-trigger; sleep 60");
    assert.equal(run.exitStatus, 125);
    assert.equal(run.timedOut, false);
    assert.equal(run.failure, "the guest's kernel panicked: sysrq triggered crash");
    assert.match(run.consoleTail ?? "", /Kernel panic - not syncing: sysrq triggered crash/);
    assert.deepEqual(leftoversOf(run.directory), []);
  });

  test("a guest that switches off by itself gives 125", async (t) => {
    if (!(await requireVm(t))) return;
    const run = await runScript("echo o >/proc/sysrq-trigger; sleep 60");
    assert.equal(run.exitStatus, 125);
    assert.equal(run.failure, "the guest switched off while the command ran");
  });

  test("a command that outlasts the time limit gives 124 and nothing stays behind", async (t) => {
    if (!(await requireVm(t))) return;
    const until = (timeoutMs: number) => runScript("echo started; sleep 1000", { timeoutMs });
    let limitMs = 15_000;
    let run = await until(limitMs);
    // A slow machine may have done no more than boot by then.
    for (; run.bootMs === null && limitMs < 200_000; run = await until(limitMs)) limitMs *= 2;
    assert.deepEqual([run.exitStatus, run.timedOut, run.output], [124, true, "started\n"]);
    assert.ok(run.durationMs >= limitMs && run.durationMs < limitMs + 10_000, `${run.durationMs} ms`);
    assert.deepEqual(leftoversOf(run.directory), []);
  });

  test("aborting rejects with the signal's reason", async (t) => {
    if (!(await requireVm(t))) return;
    const controller = new AbortController();
    const reason = new Error("no longer wanted");
    const onOutput = (): void => controller.abort(reason);
    await assert.rejects(runScript("sleep 1000", { signal: controller.signal, onOutput }), reason);
  });

  test("a kernel that is not there is refused by name", async (t) => {
    if (!(await requireVm(t))) return;
    await assert.rejects(runInVm({ command: ["true"], kernel: "/no/such/vmlinux" }), {
      code: "VM_UNAVAILABLE",
      message: "the kernel /no/such/vmlinux cannot be read",
    });
  });

  test("a file that is no kernel is refused with QEMU's own words", async (t) => {
    if (!(await requireVm(t))) return;
    await assert.rejects(runInVm({ command: ["true"], kernel: "/etc/passwd" }), {
      code: "VM_FAILED",
      message: /^QEMU gave up before the guest said anything: /,
    });
  });
});
