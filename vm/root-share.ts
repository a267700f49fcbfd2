import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { CorralError } from "../src/report/index.ts";
import { BoundProcess } from "./bound-process.ts";
import type { GuestDirectory } from "./guest-directory.ts";
import { virtiofsdPaths } from "./requirements.ts";
import { parseMounts, planCServer, planExtraBinds, planRustServer, renderShareScript } from "./shared-tree.ts";

/** How long virtiofsd may take to offer its socket. */
const startMs = 10_000;
const pollMs = 5;

/**
 * Starts virtiofsd over a read-only view of the host's files that exists only in virtiofsd's own
 * mount namespace, and waits until QEMU can connect.
 * @throws {CorralError} VM_FAILED with virtiofsd's last words
 */
export async function startRootShare(
  directory: GuestDirectory,
  neededPaths: readonly string[],
  signal: AbortSignal,
): Promise<BoundProcess> {
  const mounts = parseMounts(await readFile("/proc/self/mountinfo", "utf8"));
  const server = planServer(directory);
  const script = renderShareScript(directory.mountPoint, planExtraBinds(mounts, neededPaths), server);
  const share = new BoundProcess("unshare", ["--mount", "--propagation", "private", "/bin/sh", "-c", script]);
  try {
    await waitForSocket(share, directory.rootSocket, signal);
    return share;
  } catch (error) {
    await share.stop();
    throw error;
  }
}

function planServer({ rootSocket, mountPoint }: GuestDirectory): string[] {
  const rust = virtiofsdPaths.rust.find((path) => existsSync(path));
  if (rust !== undefined) return planRustServer(rust, rootSocket, mountPoint);
  return planCServer(virtiofsdPaths.c[0], rootSocket, mountPoint);
}

/** Polled, because a watch on the directory could start too late to see the socket appear. */
async function waitForSocket(share: BoundProcess, socket: string, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + startMs;
  let lastWords: string | null = null;
  void share.ended.then(
    (end) => (lastWords = end.lastWords),
    () => (lastWords = "it could not be started"),
  );
  for (;;) {
    signal.throwIfAborted();
    if ((await stat(socket).catch(() => null))?.isSocket() === true) return;
    if (lastWords !== null || performance.now() > deadline) throw shareFailed(lastWords ?? "no socket after 10 s");
    await sleep(pollMs);
  }
}

function shareFailed(found: string): CorralError {
  return new CorralError("VM_FAILED", `the host's files could not be shared with the guest: ${found}`, {
    object: "virtiofsd",
    found,
  });
}
