import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
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
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    test(`${signal} stops the guest, leaves nothing behind and ends the program as usual`, async (t) => {
      if (!(await requireVm(t))) return;
      const { child, directory } = await startRunner();
      child.kill(signal);
      const [, endedBy] = await once(child, "exit");
      assert.equal(endedBy, signal);
      assert.deepEqual(leftoversOf(directory), []);
    });
  }

  test("process.exit() leaves nothing behind", async (t) => {
    if (!(await requireVm(t))) return;
    const { child, directory } = await startRunner("exit");
    if (child.exitCode === null) await once(child, "exit");
    assert.equal(child.exitCode, 3);
    await sleep(500);
    assert.deepEqual(leftoversOf(directory), []);
  });

  test("after SIGKILL no process is left, and the next guest removes the directory", async (t) => {
    if (!(await requireVm(t))) return;
    const { child, directory } = await startRunner();
    child.kill("SIGKILL");
    await once(child, "exit");
    await sleep(1000);
    assert.deepEqual(
      leftoversOf(directory).filter((leftover) => leftover !== directory),
      [],
    );
    await runScript("true");
    assert.deepEqual(leftoversOf(directory), []);
  });

  test("a second guest waits for the first and says so", async (t) => {
    if (!(await requireVm(t))) return;
    const { child } = await startRunner();
    const progress: string[] = [];
    const onProgress = (message: string): void => {
      progress.push(message);
      child.kill("SIGTERM");
    };
    const run = await runScript("true", { onProgress });
    assert.equal(run.exitStatus, 0);
    assert.deepEqual(progress, ["waiting for another virtual machine on this host to end"]);
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
