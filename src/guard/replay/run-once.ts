import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HostCgroups } from "../../cgroup/index.ts";
import { controlNumber, parseFlatKeyed, tryReadControl, writeControl } from "../../cgroup/index.ts";
import { CorralError } from "../../report/index.ts";
import type { ToolResult } from "../model/index.ts";
import { findGuardRoot, reapWhenVacant } from "../tree/index.ts";
import type { GuardChild, OwnProgram } from "./guard-child.ts";
import { startGuard } from "./guard-child.ts";
import type { End, RunOutcome, SessionOutcome, SpentTime } from "./outcome.ts";
import { fateOf } from "./outcome.ts";
import type { Player } from "./play.ts";
import { startPlayer, startTogether } from "./play.ts";
import { allocationMs } from "./player-lines.ts";
import type { PlannedRun, ReplayOptions, ReplaySession } from "./scenario.ts";
import { guardPolicyOf, limitOf, planSessions } from "./scenario.ts";
import { toSteps } from "./told-step.ts";

/** What a run needs of the host. */
export interface ReplayHost {
  readonly cgroups: HostCgroups;
  readonly own: OwnProgram;
  readonly signal: AbortSignal;
}

/** An agent that has taken so many times as long as its trace is stuck; emulated machines are slow. */
const overdueFactor = 20;
const overdueLeastMs = 120_000;
/** How long killed processes may take to go. */
const killWaitMs = 20_000;
const nsPerMs = 1e6;

let runs = 0;

const configOf = (sessions: readonly ReplaySession[], parts: number): string =>
  JSON.stringify({
    version: 1,
    memory: { static_parts: parts },
    sessions: sessions.map(({ name, class: sessionClass }) => ({ name, class: sessionClass })),
  });

/**
 * One run of one policy: a root group with its limit, a guard, the agents in tool calls of their sessions.
 * @throws CorralError GUARD_HOST, START_FAILED, CGROUP_IO; the signal's reason
 */
export async function runOnce(planned: PlannedRun, options: ReplayOptions, host: ReplayHost): Promise<RunOutcome> {
  runs += 1;
  const { mountPoint } = host.cgroups.unified ?? { mountPoint: "/sys/fs/cgroup" };
  const root = `${mountPoint}/corral-replay-${process.pid}-${runs}`;
  findGuardRoot(host.cgroups, root);
  const home = mkdtempSync(join(tmpdir(), "corral-replay-"));
  const startMs = performance.now();
  try {
    const sessions = planSessions(options, planned);
    writeFileSync(join(home, "guard.yaml"), configOf(sessions, options.sessions));
    mkdirSync(join(home, "state"));
    const places = { root, config: join(home, "guard.yaml"), socket: join(home, "s"), state: join(home, "state") };
    const guard = await startGuard(host.own, places, guardPolicyOf(planned.policy));
    try {
      limitRoot(root, limitOf(options));
      const followed = await follow(sessions, options.speed, { home, socket: places.socket, guard }, host.signal);
      return {
        ...planned,
        seed: options.seed,
        sessions: followed.sessions,
        ...readRoot(root),
        guardCpuMs: guard.cpuMs(),
        steps: toSteps(guard.decisions, followed.startedNs),
        durationMs: performance.now() - startMs,
      };
    } finally {
      await guard.end();
    }
  } finally {
    await clear(root);
    rmSync(home, { recursive: true, force: true });
  }
}

function limitRoot(root: string, bytes: number): void {
  writeControl(`${root}/memory.max`, String(bytes));
  // Not there on a host without swap.
  if (existsSync(`${root}/memory.swap.max`)) writeControl(`${root}/memory.swap.max`, "0");
}

function readRoot(root: string): Pick<RunOutcome, "oomKills" | "peakMib"> {
  const peak = controlNumber(tryReadControl(`${root}/memory.peak`));
  return {
    oomKills: parseFlatKeyed(tryReadControl(`${root}/memory.events`)).get("oom_kill") ?? 0,
    peakMib: peak === null ? null : peak / 2 ** 20,
  };
}

interface Stage {
  readonly home: string;
  readonly socket: string;
  readonly guard: GuardChild;
}

/** Has all agents follow their traces, to the end of the last. */
async function follow(
  sessions: readonly ReplaySession[],
  speed: number,
  { home, socket, guard }: Stage,
  signal: AbortSignal,
): Promise<{ readonly startedNs: bigint; readonly sessions: readonly SessionOutcome[] }> {
  const files = sessions.map(({ name }) => join(home, `${name}.trace`));
  const players = sessions.map((session, index) => startPlayer(session, speed, socket, files[index] ?? ""));
  let isOverdue = false;
  const killAll = (): void => {
    for (const player of players) player.signal("SIGKILL");
  };
  const plannedMs = Math.max(...sessions.map(({ trace }) => trace.durationMs)) / speed;
  const timeoutMs = Math.max(overdueLeastMs, plannedMs * overdueFactor);
  const timer = setTimeout(() => {
    isOverdue = true;
    killAll();
  }, timeoutMs);
  signal.addEventListener("abort", killAll, { once: true });
  try {
    await startTogether(players, files, { timeoutMs, signal });
    const startedNs = process.hrtime.bigint();
    const ends = await Promise.all(
      players.map(async ({ ended }) => ({ ...(await ended), endedNs: process.hrtime.bigint() })),
    );
    signal.throwIfAborted();
    const outcomes = players.map((player, index) => {
      const { exit, result, endedNs } = ends[index] ?? { exit: { exit_code: null }, result: null, endedNs: startedNs };
      const isKilledByGuard = guard.killed.has(player.session.name);
      return outcomeOf(player, speed, {
        exitCode: exit.exit_code,
        reason: result?.reason ?? null,
        isKilledByGuard,
        isOverdue,
        endedMs: Number(endedNs - startedNs) / nsPerMs,
        spent: spentOf(result),
      });
    });
    return { startedNs, sessions: outcomes };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", killAll);
    killAll();
    await Promise.allSettled(players.map(({ ended }) => ended));
  }
}

function outcomeOf(
  player: Player,
  speed: number,
  { endedMs, spent, ...end }: Omit<End, "elapsedMs"> & Pick<SessionOutcome, "endedMs" | "spent">,
): SessionOutcome {
  const { name, class: sessionClass, trace } = player.session;
  const played = player.played();
  return {
    name,
    class: sessionClass,
    fate: fateOf({ ...end, elapsedMs: played.elapsedMs }),
    plannedMs: trace.durationMs / speed,
    elapsedMs: played.elapsedMs,
    endedMs,
    allocationMs: allocationMs(played),
    peakMib: Math.max(0, ...played.steps.map(({ mib }) => mib)),
    spent,
  };
}

function spentOf(result: ToolResult | null): SpentTime {
  const ms = (us: number | null | undefined): number | null => (us === null || us === undefined ? null : us / 1000);
  return {
    cpuUserMs: ms(result?.cpu_user_us),
    cpuSysMs: ms(result?.cpu_sys_us),
    cpuWaitMs: ms(result?.pressure.cpu?.some_us),
    memoryWaitMs: ms(result?.pressure.memory?.some_us),
  };
}

/** Whatever is left of a run. @throws CorralError CGROUP_IO when something does not go */
async function clear(root: string): Promise<void> {
  if (!existsSync(root)) return;
  writeControl(`${root}/cgroup.kill`, "1");
  if (await reapWhenVacant(root, killWaitMs, null)) return;
  throw new CorralError("CGROUP_IO", `the group ${root} cannot be removed`, { object: root, fix: "end what is in it" });
}
