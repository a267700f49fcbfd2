import { closeSync, openSync, readFileSync } from "node:fs";
import type { ChildHandle } from "../../kernel/index.ts";
import { requireWorker, signalNumber } from "../../kernel/index.ts";
import { waitUntil } from "../../run/jobs/index.ts";
import { GuardClient } from "../client/index.ts";
import type { RanTool } from "../tools/index.ts";
import { runTool } from "../tools/index.ts";
import type { Played } from "./player-lines.ts";
import { readPlayed } from "./player-lines.ts";
import type { ReplaySession } from "./scenario.ts";
import { toSteps } from "./traces.ts";

/** One agent whose trace is being followed, in a tool call of its session. */
export interface Player {
  readonly session: ReplaySession;
  /** Settles when it has ended; rejects when it could not be started. */
  readonly ended: Promise<RanTool>;
  /** What it has told so far. */
  played(): Played;
  isOver(): boolean;
  signal(name: "SIGUSR1" | "SIGKILL"): void;
}

/** Starts a player; it waits for `SIGUSR1` once it has its first memory. */
export function startPlayer(session: ReplaySession, speed: number, socket: string, file: string): Player {
  const client = new GuardClient({ socket });
  const null_ = openSync("/dev/null", "r+");
  const out = openSync(file, "w", 0o640);
  let child: ChildHandle | null = null;
  let isOver = false;
  let isDoomed = false;
  const ended = runTool(client, {
    request: { session: session.name, command: "corral-worker trace" },
    command: [requireWorker(), "trace", "--steps", toSteps(session.trace, speed)],
    env: [],
    fds: [null_, out, null_],
    onChild: (handle) => {
      child = handle;
      if (isDoomed) handle.kill(signalNumber("SIGKILL") ?? 0);
    },
  }).finally(() => {
    isOver = true;
    closeSync(null_);
    closeSync(out);
    client.close();
  });
  // Who waits for all at once hears of the first failure only.
  ended.catch(() => {});
  return {
    session,
    ended,
    played: () => readPlayed(readFileSync(file, "latin1")),
    isOver: () => isOver,
    signal: (name) => {
      // One that is being started yet is killed as soon as it can be.
      if (name === "SIGKILL") isDoomed = true;
      child?.kill(signalNumber(name) ?? 0);
    },
  };
}

/** Waits until every player has its first memory, or has ended, and starts them together. */
export async function startTogether(
  players: readonly Player[],
  files: readonly string[],
  limits: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  const areReady = (): true | null => (players.every((one) => one.isOver() || one.played().isReady) ? true : null);
  await waitUntil(areReady, { paths: files, processes: [], silent: true }, limits);
  for (const player of players) player.signal("SIGUSR1");
}
