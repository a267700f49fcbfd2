import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { until } from "../shared/timing.ts";
import { leftoversOf, requireVm, runScript } from "./support.ts";

/** This file, started again with the variable set, is the program that is ended in the middle of a run. */
const role = "CORRAL_TEST_ROLE";

if (process.env[role] !== undefined) {
  const onOutput = (chunk: Buffer): void => {
    process.stdout.write(chunk);
    if (process.env[role] === "exit" && chunk.includes("running\n")) process.exit(3);
  };
  await runScript("echo running; sleep 1000", { onOutput }).catch((error: unknown) => {
    process.stderr.write(`${(error as Error).message}\n`);
  });
} else {
  // As many at a time as guests may run beside each other; most of each is booting.
  describe("a program that ends in the middle of a run", { concurrency: availableParallelism() }, () => {
    test("SIGINT stops the guest, leaves nothing behind and ends the program as usual", async (t) => {
      if (!(await requireVm(t))) return;
      const { child, directory } = await startRunner();
      child.kill("SIGINT");
      const [, endedBy] = await once(child, "exit");
      assert.equal(endedBy, "SIGINT");
      assert.deepEqual(leftoversOf(directory), []);
    });

    test("process.exit() leaves nothing behind", async (t) => {
      if (!(await requireVm(t))) return;
      const { child, directory } = await startRunner("exit");
      if (child.exitCode === null) await once(child, "exit");
      assert.equal(child.exitCode, 3);
      await until("nothing to be left", () => leftoversOf(directory).length === 0);
    });
  });

  test("after SIGKILL no process is left, and the next guest removes the directory", async (t) => {
    if (!(await requireVm(t))) return;
    const { child, directory } = await startRunner();
    child.kill("SIGKILL");
    await once(child, "exit");
    await until("no process to be left", () => leftoversOf(directory).every((leftover) => leftover === directory));
    assert.deepEqual(leftoversOf(directory), [directory]);
    await runScript("true");
    assert.deepEqual(leftoversOf(directory), []);
  });

  test("as many guests as processors run side by side; one more waits and says so; SIGTERM stops each and leaves nothing", async (t) => {
    if (!(await requireVm(t))) return;
    const runners = await Promise.all(Array.from({ length: availableParallelism() }, () => startRunner()));
    const ended = runners.map(({ child }) => once(child, "exit"));
    const progress: string[] = [];
    const onProgress = (message: string): void => {
      progress.push(message);
      for (const { child } of runners) child.kill("SIGTERM");
    };
    const run = await runScript("true", { onProgress });
    assert.equal(run.exitStatus, 0);
    assert.deepEqual(progress, ["waiting for another virtual machine on this host to end"]);
    for (const [at, { directory }] of runners.entries()) {
      assert.deepEqual(await ended[at], [null, "SIGTERM"]);
      assert.deepEqual(leftoversOf(directory), []);
    }
  });
}

/** Starts a guest in another process and waits until its command runs. */
async function startRunner(part: "wait" | "exit" = "wait") {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url)], {
    env: { ...process.env, [role]: part, NODE_TEST_CONTEXT: undefined },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  for await (const chunk of child.stdout) {
    output += String(chunk);
    if (output.includes("running\n")) break;
  }
  const directory = /CORRAL_VM_DIR=(\S+)/.exec(output)?.[1] ?? "";
  assert.notEqual(directory, "");
  return { child, directory };
}
