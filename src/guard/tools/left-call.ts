import { basename } from "node:path";
import type { ProcessIdentity } from "../../kernel/index.ts";
import { identityOf, isRunning, uptimeTicks } from "../../kernel/index.ts";
import { waitUntil } from "../../run/jobs/index.ts";
import type { SessionSpec } from "../model/index.ts";
import { reapWhenVacant } from "../tree/index.ts";
import { CallGroup } from "./call-group.ts";
import type { CallOrigin } from "./call-name.ts";
import { originOf } from "./call-name.ts";

/** When both clocks were read. Start times of processes count suspended time (proc_pid_stat(5)), calls do not. */
export interface ClockPair {
  readonly uptimeTicks: number;
  readonly monotonicNs: bigint;
}

const tickNs = 10_000_000n;

/** Whether a process that has the client's pid now has begun after the call, and is somebody else therefore. */
export function beganAfter({ startNs }: Pick<CallOrigin, "startNs">, startTicks: number, now: ClockPair): boolean {
  const suspendedNs = BigInt(now.uptimeTicks) * tickNs - now.monotonicNs;
  return BigInt(startTicks) * tickNs - suspendedNs > startNs + tickNs;
}

/** The client of a call, as long as it runs. */
function clientOf(group: string): ProcessIdentity | null {
  const origin = originOf(group);
  const identity = origin === null ? null : identityOf(origin.pid);
  if (origin === null || identity === null || !isRunning(identity)) return null;
  const now = { uptimeTicks: uptimeTicks(), monotonicNs: process.hrtime.bigint() };
  return beganAfter(origin, identity.startTicks, now) ? null : identity;
}

/** What is left of the time that a call may run; null: it has no limit. */
function leftMsOf(group: string): number | null {
  const origin = originOf(group);
  if (origin === null || origin.timeMs === null) return null;
  return Math.max(0, origin.timeMs - Number(process.hrtime.bigint() - origin.startNs) / 1e6);
}

/**
 * Sees to a call of a guard that is dead: it is its client's for as long as that lives, and its time is not over; then what it has left
 * behind is treated as the session says, and the group goes.
 * @param framework where those go that are adopted
 * @throws the signal's reason
 */
export async function clearLeftCall(
  directory: string,
  { tools }: Pick<SessionSpec, "tools">,
  framework: string,
  signal: AbortSignal,
): Promise<void> {
  const group = CallGroup.left(directory);
  const client = clientOf(basename(directory));
  const isOver = (): true | null => (group.isVacant() || client === null || !isRunning(client) ? true : null);
  const sources = {
    paths: [`${directory}/cgroup.events`],
    processes: client === null ? [] : [client],
    silent: false,
  };
  const inTime = await waitUntil(isOver, sources, { timeoutMs: leftMsOf(basename(directory)), signal });
  if (inTime === null) group.kill();
  await group.clear(tools.background, tools.waitMs, framework);
  await reapWhenVacant(directory, null, signal);
}
