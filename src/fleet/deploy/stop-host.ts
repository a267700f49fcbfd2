import { factsFinding } from "./deploy-host.ts";
import { lastOf, services } from "./host-facts.ts";
import type { HostFinding } from "./host-result.ts";
import type { HostSession } from "./host-session.ts";

export interface StopOptions {
  /** For the agent to end by itself; then it is killed. */
  readonly limitMs: number;
  /** Removes what deploy has put there, too. */
  readonly remove: boolean;
  readonly dryRun: boolean;
}

/** More than the host takes for it: systemd's own time, and the end of one that is killed. */
const marginMs = 60_000;

async function foresee(session: HostSession, { remove }: StopOptions): Promise<HostFinding> {
  const facts = await session.look();
  const { agent, releases } = facts;
  const steps = [...(agent === null ? [] : ["stop"]), ...(remove && releases.length > 0 ? ["remove"] : [])];
  return { ...factsFinding(facts), outcome: "planned", steps, pid: agent?.pid ?? null };
}

/**
 * Ends the agent that was started on a host, and removes what it was started with.
 * @throws CorralError FLEET_HOST
 */
export async function stopHost(session: HostSession, options: StopOptions): Promise<HostFinding> {
  if (options.dryRun) return foresee(session, options);
  const { limitMs, remove } = options;
  const parameters = { T: String(Math.ceil(limitMs / 1000)), X: remove ? "yes" : "no" };
  const told = await session.ask("stop", "stopping the agent", parameters, { limitMs: limitMs + marginMs });
  const isStopped = lastOf(told, "outcome") === "stopped";
  const pid = lastOf(told, "pid");
  return {
    outcome: isStopped ? "stopped" : "absent",
    service: services.find((one) => one === lastOf(told, "service")) ?? null,
    pid: pid === null ? null : Number(pid),
    steps: [...(isStopped ? ["stop"] : []), ...(told.has("removed") ? ["remove"] : [])],
    warnings: lastOf(told, "forced") === "yes" ? ["the agent did not end by itself and was killed"] : [],
  };
}
