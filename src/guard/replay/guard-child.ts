import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { readProcessStat } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import type { DecisionFacts } from "../memory/index.ts";
import type { MemoryPolicy } from "../model/index.ts";

/** How this program starts itself: the interpreter, its flags and its file. */
export interface OwnProgram {
  readonly file: string;
  readonly args: readonly string[];
}

export interface GuardPlaces {
  readonly root: string;
  readonly config: string;
  readonly socket: string;
  readonly state: string;
}

/** A `corral guard` that is being measured. */
export interface GuardChild {
  /** What it has decided so far. */
  readonly decisions: readonly ToldDecision[];
  /** Sessions of which it has killed a tool call. */
  readonly killed: ReadonlySet<string>;
  /** CPU time that it has used so far; null: it is gone. */
  cpuMs(): number | null;
  /** Has it take everything back and end. */
  end(): Promise<void>;
}

/** How long a guard may take to end before it is killed. */
const endMs = 20_000;

/** A decision as the guard's line tells it: `decided_ns` and `threshold` are numbers or text there. */
export type ToldDecision = Omit<DecisionFacts, "decided_ns"> & { readonly decided_ns: number | string };

type GuardLine = { readonly event: "DECISION" } & ToldDecision;

const isDecision = (line: { readonly event?: string }): line is GuardLine => line.event === "DECISION";

/**
 * Starts a guard and waits until it is at work.
 * @throws CorralError START_FAILED with what it said when it ends before
 */
export async function startGuard(own: OwnProgram, places: GuardPlaces, policy: MemoryPolicy): Promise<GuardChild> {
  const { root, config, socket, state } = places;
  const flags = ["--cgroup-root", root, "--config", config, "--socket", socket, "--policy", policy];
  const child = spawn(own.file, [...own.args, "guard", ...flags], {
    env: { ...process.env, CORRAL_STATE_DIR: state },
    stdio: ["ignore", "pipe", "pipe"],
    // A signal of the terminal is for us, who end it in order.
    detached: true,
  });
  const closed = once(child, "close");
  closed.catch(() => {});
  const decisions: ToldDecision[] = [];
  const killed = new Set<string>();
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-2000);
  });
  await new Promise<void>((resolve, reject) => {
    child.once("error", (cause) =>
      reject(new CorralError("START_FAILED", "corral guard cannot be started", { cause })),
    );
    child.once("close", () => reject(new CorralError("START_FAILED", `corral guard ended: ${said.trim()}`)));
    createInterface({ input: child.stdout }).on("line", (text) => {
      const line = JSON.parse(text) as { readonly event?: string };
      if (line.event === "STARTED") resolve();
      if (!isDecision(line)) return;
      decisions.push(line);
      if (line.killed !== null) killed.add(line.session);
    });
  });
  return { decisions, killed, cpuMs: () => cpuMsOf(child.pid ?? 0), end: () => endGuard(child, closed) };
}

/** Ticks are hundredths of a second. */
function cpuMsOf(pid: number): number | null {
  const stat = readProcessStat(pid);
  return stat === null ? null : (stat.userTicks + stat.sysTicks) * 10;
}

async function endGuard(child: ChildProcess, closed: Promise<unknown>): Promise<void> {
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), endMs);
  await closed;
  clearTimeout(timer);
}
