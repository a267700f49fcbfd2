import type { TiedHelper } from "./tied-helper.ts";
import { startTiedHelper } from "./tied-helper.ts";

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
export type Tether = TiedHelper;

function tetherArguments(request: TetherRequest): string[] {
  const { graceMs, procs, kill, rmdir, pgid } = request;
  return [
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
export const startTether = async (request: TetherRequest): Promise<Tether> =>
  (await startTiedHelper(tetherArguments(request), false)).helper;
