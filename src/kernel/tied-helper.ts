import { writeSync } from "node:fs";
import type { Readable, Writable } from "node:stream";
import type { AddonChild } from "./addon-child.ts";
import { spawnWithAddon } from "./addon-child.ts";
import type { ChildHandle, SpawnRequest } from "./child-handle.ts";
import type { NativeAddon } from "./native-addon.ts";
import { loadAddon, pipeFds, requireLauncher } from "./native-addon.ts";
import { nativeErrno } from "./native-error.ts";
import { pipeFd, spawnWithNode } from "./node-child.ts";
import { once } from "./once.ts";
import { readAtEnd } from "./status-reader.ts";

/** A helper beside this process that acts when this process dies. It does not keep the event loop alive. */
export interface TiedHelper {
  readonly child: ChildHandle;
  /** Dismisses the helper: it exits 0 and touches nothing. Idempotent. */
  goodbye(): void;
}

/** What a helper that says when it is ready said until it closed its output, else null. */
export interface StartedHelper {
  readonly helper: TiedHelper;
  readonly said: string | null;
}

/** Longest wait for what a helper says at its start: a few milliseconds, but on a host that has no CPU to spare. */
const readyMs = 10_000;

/** For so much of it the event loop stands still, which is sooner done than a wake-up; then it goes on. */
export const standStillMs = 20;

/**
 * Starts a mode of the launcher with our life on its stdin.
 * @param speaks wait for what it writes to its stdout until it closes that; null when that takes longer than ten seconds
 * @param heldUpMs how long the event loop waits for it at most
 * @throws CorralError NATIVE_MISSING without a launcher, NATIVE_CALL when it cannot be spawned
 */
export async function startTiedHelper(
  args: readonly string[],
  speaks: boolean,
  heldUpMs = standStillMs,
): Promise<StartedHelper> {
  const spawn: SpawnRequest = {
    file: requireLauncher(),
    argv: ["corral-launch", ...args],
    env: [],
    cwd: "/",
    fds: [],
    cgroup: null,
    mode: "blocking",
  };
  const addon = loadAddon();
  if (addon === null) return withNode(spawn, speaks);
  const fds = [pipeFds.readByChild, speaks ? pipeFds.writtenByChild : -1, -1];
  let spawned: AddonChild;
  try {
    spawned = await spawnWithAddon(addon, { ...spawn, fds }, speaks ? heldUpMs : 0);
  } catch (thrown) {
    // clone3 is closed to a service with RestrictNamespaces= and in some containers.
    if (nativeErrno(thrown) !== "ENOSYS") throw thrown;
    return withNode(spawn, speaks);
  }
  const { child, pipes, output } = spawned;
  child.unref();
  const [input = -1, words = -1] = pipes;
  const goodbye = once(() => sayAndClose(addon, input));
  const said = speaks && output === null ? await readInTime(addon, words) : output;
  return { helper: { child, goodbye }, said };
}

/** What comes until the end of a pipe, which is closed then; null: it does not end in time, but with the helper. */
async function readInTime(addon: NativeAddon, fd: number): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, readyMs, null);
  });
  try {
    return await Promise.race([readAtEnd(addon, fd)(() => {}), late]);
  } finally {
    clearTimeout(timer);
  }
}

function sayAndClose(addon: NativeAddon, fd: number): void {
  try {
    writeSync(fd, "q");
  } catch {
    // EPIPE: the helper is gone already.
  }
  addon.close(fd);
}

async function withNode(spawn: SpawnRequest, speaks: boolean): Promise<StartedHelper> {
  const { child, streams } = await spawnWithNode({ ...spawn, fds: [pipeFd, speaks ? pipeFd : -1, -1] });
  const input = streams[0] as Writable & { unref?: () => void };
  input.on("error", () => {});
  const said = speaks ? await readToEnd(streams[1] as Readable) : null;
  child.unref();
  input.unref?.();
  return { helper: { child, goodbye: once(() => void input.end("q")) }, said };
}

async function readToEnd(stream: Readable): Promise<string> {
  let text = "";
  for await (const chunk of stream) text += String(chunk);
  return text;
}
