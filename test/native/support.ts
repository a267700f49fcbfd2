import { mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import path from "node:path";
import type { ChildHandle, ExitInfo, LaunchRequest, NativeAddon, SpawnMode } from "../../src/kernel/index.ts";
import { inheritAll, launch, requireAddon, spawnProcess } from "../../src/kernel/index.ts";

/** Where this host mounts cgroup v2 and the v1 cpu controller; groups are made below a parent of our own only. */
export const v2Root = "/sys/fs/cgroup/unified";
export const v1Root = "/sys/fs/cgroup/cpu";

/** The smallest environment that finds the usual programs. */
export const plainEnv = ["PATH=/usr/local/bin:/usr/bin:/bin"];

/** Runs `body` with the addon switched off. */
export async function withoutAddon<T>(body: () => Promise<T>): Promise<T> {
  process.env["CORRAL_NO_ADDON"] = "1";
  try {
    return await body();
  } finally {
    delete process.env["CORRAL_NO_ADDON"];
  }
}

let mode: SpawnMode = "pool";

/** How the requests of these tests are to be spawned. */
export const spawnMode = (): SpawnMode => mode;

/** Runs `body` with spawns on its own thread instead of the pool's. */
export async function blocking<T>(body: () => Promise<T>): Promise<T> {
  mode = "blocking";
  try {
    return await body();
  } finally {
    mode = "pool";
  }
}

/** The three ways to start a process; each test that is given them runs by all. */
export const ways = [
  ["the addon", <T>(body: () => Promise<T>) => body()],
  ["the addon, blocking", blocking],
  ["node:child_process", withoutAddon],
] as const;

/** Reads a pipe of the addon to its end. */
export function readAll(addon: NativeAddon, fd: number): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const watcher = addon.watchFd(fd, 1, () => {
      const chunk = readChunk(fd);
      if (chunk === "") {
        watcher.close();
        closeFd(fd);
        resolve(text);
      }
      text += chunk;
    });
  });
}

import { closeSync as closeFd, readSync } from "node:fs";

function readChunk(fd: number): string {
  const buffer = Buffer.alloc(65_536);
  return buffer.toString("utf8", 0, readSync(fd, buffer));
}

export interface Ran {
  readonly exit: ExitInfo;
  readonly stdout: string;
}

/** Runs a program and collects its output and end. */
export async function run(file: string, args: readonly string[], env: readonly string[] = plainEnv): Promise<Ran> {
  const addon = requireAddonAlways();
  const [readEnd, writeEnd] = addon.pipe();
  const argv = [path.basename(file), ...args];
  const child = await spawnProcess({
    file,
    argv,
    env,
    cwd: null,
    fds: [-1, writeEnd, 2],
    cgroup: null,
    mode,
  });
  closeFd(writeEnd);
  const [stdout, exit] = await Promise.all([readAll(addon, readEnd), child.exit]);
  return { exit, stdout };
}

/** The addon for the test's own pipes, also while the code under test must do without. */
export function requireAddonAlways(): NativeAddon {
  const before = process.env["CORRAL_NO_ADDON"];
  delete process.env["CORRAL_NO_ADDON"];
  try {
    return requireAddon();
  } finally {
    if (before !== undefined) process.env["CORRAL_NO_ADDON"] = before;
  }
}

/** A launch of `command` that inherits everything, its standard output in `fds`. */
export function launchRequest(command: string, args: readonly string[], change: Partial<LaunchRequest> = {}) {
  return {
    launcherOptions: inheritAll,
    command,
    args,
    env: plainEnv,
    fds: [-1, 1, 2],
    cgroup: null,
    beforeExec: null,
    signal: null,
    mode,
    ...change,
  } satisfies LaunchRequest;
}

/** Launches a command and collects its output. */
export async function launchAndRead(command: string, args: readonly string[], change: Partial<LaunchRequest> = {}) {
  const addon = requireAddonAlways();
  const [readEnd, writeEnd] = addon.pipe();
  const output = readAll(addon, readEnd);
  const result = await launch(launchRequest(command, args, { fds: [-1, writeEnd, 2], ...change }));
  closeFd(writeEnd);
  const { sets, beganNs } = result;
  return { ...result, sets, beganNs, stdout: await output, exit: await result.child.exit };
}

/** Descriptors of this process: number and what it points to. */
export function openDescriptors(): string[] {
  return readdirSync("/proc/self/fd");
}

/** Children of this process that nobody has reaped. */
export function zombies(): number[] {
  // Each thread has children of its own: those of the pool's count as well.
  const children = readdirSync("/proc/self/task").flatMap((task) =>
    readFileSync(`/proc/self/task/${task}/children`, "utf8").trim().split(" "),
  );
  return children.map(Number).filter((pid) => pid > 0 && readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z "));
}

let groups = 0;

/** Makes a group of our own below a hierarchy's root, hands it to `body`, removes it. */
export async function withGroup<T>(root: string, body: (group: string) => Promise<T>): Promise<T> {
  groups += 1;
  const parent = `${root}/corral-native-test-${process.pid}-${groups}`;
  const group = `${parent}/leaf`;
  mkdirSync(group, { recursive: true });
  try {
    return await body(group);
  } finally {
    await removeGroup(group);
    await removeGroup(parent);
  }
}

async function removeGroup(group: string): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    try {
      rmdirSync(group);
      return;
    } catch (thrown) {
      if ((thrown as NodeJS.ErrnoException).code === "ENOENT") return;
      await sleep(10);
    }
  }
  throw new Error(`${group} could not be removed`);
}

/** Milliseconds of real time. */
export function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, delayMs);
  });
}

/** Waits until a condition of the kernel holds. */
export async function until(condition: () => boolean, limitMs = 20_000): Promise<void> {
  const end = performance.now() + limitMs;
  while (!condition()) {
    if (performance.now() > end) throw new Error("the condition did not come true in time");
    await sleep(5);
  }
}

/** Why groups of this hierarchy cannot be made here, or false. For the `skip` of node:test. */
export function whyNoGroup(root: string): string | false {
  const probe = `${root}/corral-native-test-probe-${process.pid}`;
  try {
    readFileSync(`${root}/cgroup.procs`);
    mkdirSync(probe);
    rmdirSync(probe);
    return false;
  } catch (thrown) {
    return `no group can be made in ${root}: ${(thrown as NodeJS.ErrnoException).code}`;
  }
}

/** Ends and reaps a child. */
export async function end(child: ChildHandle): Promise<ExitInfo> {
  child.kill(9);
  return child.exit;
}
