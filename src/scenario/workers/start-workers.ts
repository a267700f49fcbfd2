import { getSystemErrorName } from "node:util";
import { CorralError } from "../../report/index.ts";
import { startLeader } from "./leader.ts";
import type { LeaderLine } from "./leader-line.ts";
import { readLeaderLine } from "./leader-line.ts";
import { readReport } from "./report.ts";
import { SharedMemory } from "./shared-memory.ts";
import type { WorkerPlan } from "./worker-arguments.ts";
import { planArguments } from "./worker-arguments.ts";
import { WorkerSet } from "./worker-set.ts";

/** What `startWorkers` may be told beside the plan. */
export interface StartOptions {
  /** Called when a worker has ended, also one that was told to; `waitStatus` as of wait(2). */
  readonly onEnd?: (index: number, waitStatus: number) => void;
  /** How long a worker that was killed may take to end before the set is closed without it. Default 2000. */
  readonly killMs?: number;
}

/**
 * Makes the workers of a plan and resolves when all of them wait to be released.
 * @throws CorralError USAGE for work that is not the program's, NATIVE_MISSING, NATIVE_CALL, START_FAILED when a worker
 * could not be made or ended at once; nothing is left then
 */
export async function startWorkers(plan: WorkerPlan, options: StartOptions = {}): Promise<WorkerSet> {
  const story = new LeaderStory(options.onEnd ?? (() => {}));
  const leader = await startLeader(planArguments(plan), {
    onLine: (line) => story.hear(readLeaderLine(line)),
    onClose: () => story.close(),
  });
  await story.isReady;
  if (story.isWhole) return new WorkerSet(leader, new SharedMemory(leader.child.pid), story, options.killMs);
  const reasons = story.failure ?? worstReason(leader.child.pid);
  await leader.quit();
  throw new CorralError("START_FAILED", `${plan.workers} workers for ${plan.workType} could not be made: ${reasons}`, {
    object: plan.workType,
  });
}

/** Why a worker ended before it could begin, from its record. */
function worstReason(leaderPid: number): string {
  try {
    const memory = new SharedMemory(leaderPid);
    const facts = { end: { kind: "lost" }, cpusets: 1, elapsedNs: 0 } as const;
    const reports = memory.samples().map((sample) => readReport(memory.record(sample.index), sample, facts));
    memory.close();
    const error = reports.map((report) => report.identityError ?? report.failureError).find((name) => name !== null);
    return error === undefined || error === null ? "a worker ended at once" : `a worker ended with ${error}`;
  } catch {
    return "corral-worker ended at once";
  }
}

/** What the leader has told so far. */
class LeaderStory {
  readonly statuses = new Map<number, number>();
  readonly isReady: Promise<void>;
  readonly allEnded: Promise<void>;
  readonly #onEnd: (index: number, waitStatus: number) => void;
  #ready: () => void = () => {};
  #allEnded: () => void = () => {};
  #saidReady = false;
  failure: string | null = null;

  constructor(onEnd: (index: number, waitStatus: number) => void) {
    this.#onEnd = onEnd;
    this.isReady = new Promise((resolve) => {
      this.#ready = resolve;
    });
    this.allEnded = new Promise((resolve) => {
      this.#allEnded = resolve;
    });
  }

  /** All workers wait, and none has ended. */
  get isWhole(): boolean {
    return this.#saidReady && this.statuses.size === 0;
  }

  hear(line: LeaderLine | null): void {
    if (line?.kind === "ended") {
      this.statuses.set(line.index, line.waitStatus);
      this.#onEnd(line.index, line.waitStatus);
    }
    if (line?.kind === "done") this.#allEnded();
    if (line?.kind === "fail") this.failure = `${line.call}: ${getSystemErrorName(-line.errno)}`;
    if (line?.kind === "ready") {
      this.#saidReady = true;
      this.#ready();
    }
  }

  close(): void {
    this.#ready();
    this.#allEnded();
  }
}
