import { writeSync } from "node:fs";
import type { Writable } from "node:stream";
import { spawnWithAddon } from "./addon-child.ts";
import type { ChildHandle, SpawnRequest } from "./child-handle.ts";
import type { NativeAddon } from "./native-addon.ts";
import { loadAddon, pipeFds, requireLauncher } from "./native-addon.ts";
import { pipeFd, spawnWithNode } from "./node-child.ts";
import { once } from "./once.ts";

/** What the tether ends when this process dies without a goodbye. */
export interface TetherRequest {
  /** Milliseconds between SIGTERM and the kill. */
  readonly graceMs: number;
  /** `cgroup.procs` files whose processes get the signals; the workload is over when all are empty. */
  readonly procs: readonly string[];
  /** A v2 `cgroup.kill` file, null: SIGKILL to each process. */
  readonly kill: string | null;
  /** Groups to remove at the end, children first; failures are ignored. */
  readonly rmdir: readonly string[];
  /** Process group to signal, null: none. */
  readonly pgid: number | null;
}

/** A running tether. It does not keep the event loop alive. */
export interface Tether {
  readonly child: ChildHandle;
  /** Dismisses the tether: it exits 0 and touches nothing. Idempotent. */
  goodbye(): void;
}

function tetherArguments(request: TetherRequest): string[] {
  const { graceMs, procs, kill, rmdir, pgid } = request;
  return [
    "corral-launch",
    "tether",
    "--grace-ms",
    String(graceMs),
    ...procs.flatMap((file) => ["--procs", file]),
    ...(kill === null ? [] : ["--kill", kill]),
    ...rmdir.flatMap((directory) => ["--rmdir", directory]),
    ...(pgid === null ? [] : ["--pgid", String(pgid)]),
  ];
}

/**
 * Starts a tether: a process of its own session that ends the workload when this process dies, KILL
 * included. Say `goodbye()` when the workload has ended.
 * @throws CorralError NATIVE_MISSING without a launcher, NATIVE_CALL when it cannot be spawned.
 */
export async function startTether(request: TetherRequest): Promise<Tether> {
  const file = requireLauncher();
  const spawn: SpawnRequest = {
    file,
    argv: tetherArguments(request),
    env: [],
    cwd: "/",
    fds: [],
    cgroup: null,
    mode: "blocking",
  };
  const addon = loadAddon();
  if (addon === null) return tetherWithNode(spawn);
  const { child, pipes } = await spawnWithAddon(addon, { ...spawn, fds: [pipeFds.readByChild, -1, -1] });
  child.unref();
  const goodbye = once(() => {
    for (const fd of pipes) sayAndClose(addon, fd);
  });
  return { child, goodbye };
}

function sayAndClose(addon: NativeAddon, fd: number): void {
  try {
    writeSync(fd, "q");
  } catch {
    // EPIPE: the tether is gone already.
  }
  addon.close(fd);
}

async function tetherWithNode(spawn: SpawnRequest): Promise<Tether> {
  const { child, streams } = await spawnWithNode({ ...spawn, fds: [pipeFd, -1, -1] });
  const input = streams[0] as Writable & { unref?: () => void };
  input.on("error", () => {});
  child.unref();
  input.unref?.();
  return { child, goodbye: once(() => void input.end("q")) };
}
