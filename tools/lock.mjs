import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "./root.mjs";
import { say } from "./say.mjs";

const lockPath = join(root, "build", "setup.lock");

/**
 * Runs a step while no other set-up of this checkout runs. A lock left by a dead process is taken over.
 * @template T
 * @param {() => Promise<T>} step
 * @returns {Promise<T>}
 */
export async function withSetupLock(step) {
  mkdirSync(dirname(lockPath), { recursive: true });
  for (let waited = 0; !tryLock(); waited += 1) {
    if (waited === 5) say("setup: waiting for another set-up of this checkout");
    await sleep(100);
  }
  const release = () => rmSync(lockPath, { force: true });
  process.once("exit", release);
  try {
    return await step();
  } finally {
    process.removeListener("exit", release);
    release();
  }
}

function tryLock() {
  try {
    writeFileSync(lockPath, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if (!ownerIsAlive()) rmSync(lockPath, { force: true });
    return false;
  }
}

function ownerIsAlive() {
  try {
    const pid = Number(readFileSync(lockPath, "utf8"));
    // An empty file is a lock whose owner is between creating and writing it.
    return pid === 0 || process.kill(pid, 0);
  } catch (error) {
    // ENOENT: just released, the next try decides. EPERM: alive, of another user.
    return error.code !== "ESRCH";
  }
}
