import { CorralError, counted } from "../../report/index.ts";
import { describeWork } from "../model/index.ts";
import type { Leader } from "./leader.ts";
import { startLeader } from "./leader.ts";
import { readLeaderLine } from "./leader-line.ts";
import { LeaderStory } from "./leader-story.ts";
import type { WorkerReport } from "./report.ts";
import { readReport } from "./report.ts";
import { SharedMemory } from "./shared-memory.ts";
import type { WorkerPlan } from "./worker-arguments.ts";
import { planArguments, threadArguments } from "./worker-arguments.ts";
import type { Ends } from "./worker-set.ts";
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
  const { leader, story } = await makeReady(planArguments(plan), [plan], options);
  const kind = isFunction(plan) ? "functions" : "processes";
  return new WorkerSet(leader, new SharedMemory(leader.child.pid), story, { kind, killMs: options.killMs });
}

/**
 * As `startWorkers`, of threads of one process: a set for each plan. What ends one of them ends all, and the process is killed when
 * the first is.
 * @param name of the process, 1 to 15 bytes
 */
export async function startThreads(
  name: string,
  plans: readonly WorkerPlan[],
  { killMs }: Pick<StartOptions, "killMs"> = {},
): Promise<readonly WorkerSet[]> {
  const { leader, story } = await makeReady(threadArguments(name, plans), plans, {});
  const shared = shareLeader(leader, plans.length);
  let before = 0;
  return plans.map(({ workers }, at) => {
    const ends = endsFrom(story, before);
    before += workers;
    return new WorkerSet(shared, new SharedMemory(leader.child.pid, at), ends, { kind: "threads", killMs });
  });
}

/** Those of the workers from this one on. */
const endsFrom = ({ statuses, allEnded }: LeaderStory, first: number): Ends => ({
  statuses: { get: (index) => statuses.get(first + index), has: (index) => statuses.has(first + index) },
  allEnded,
});

/** A leader for several sets, which quits when the last of them wants it to. */
function shareLeader(leader: Leader, sets: number): Leader {
  let wanted = sets;
  const quit = async (): Promise<void> => {
    wanted -= 1;
    if (wanted === 0) await leader.quit();
  };
  return { ...leader, quit };
}

/** A leader whose workers all wait. */
async function makeReady(args: readonly string[], plans: readonly WorkerPlan[], { onEnd = () => {} }: StartOptions) {
  const story = new LeaderStory(onEnd);
  const leader = await startLeader(args, {
    // What a function of the user's finds is what he gave us.
    env: plans.some(isFunction) ? ownEnvironment() : [],
    onLine: (line) => story.hear(readLeaderLine(line)),
    onClose: () => story.close(),
  });
  await story.isReady;
  if (story.isWhole) return { leader, story };
  const reasons = story.failure ?? worstReason(leader.child.pid, plans.length);
  await leader.quit();
  const workers = plans.reduce((sum, one) => sum + one.workers, 0);
  const names = plans.map(({ workType }) => workType).join(", ");
  throw new CorralError("START_FAILED", `${counted(workers, "worker")} for ${names} could not be made: ${reasons}`, {
    object: names,
  });
}

const isFunction = ({ workType }: WorkerPlan): boolean => describeWork(workType).support === "module";

const ownEnvironment = (): readonly string[] =>
  Object.entries(process.env).map(([name, value]) => `${name}=${value ?? ""}`);

function reportsOf(leaderPid: number, set: number): readonly WorkerReport[] {
  const memory = new SharedMemory(leaderPid, set);
  const facts = { end: { kind: "lost" }, cpusets: 1, nowNs: 0n, threadOf: null } as const;
  const reports = memory.samples().map((sample) => readReport(memory.record(sample.index), sample, facts));
  memory.close();
  return reports;
}

/** Why a worker ended before it could begin, from its record. */
function worstReason(leaderPid: number, sets: number): string {
  try {
    const reports = Array.from({ length: sets }, (_, set) => reportsOf(leaderPid, set)).flat();
    const text = reports.find(({ failureText }) => failureText !== null)?.failureText ?? null;
    if (text !== null) return text;
    const error = reports.map((report) => report.identityError ?? report.failureError).find((name) => name !== null);
    return error === undefined || error === null ? "a worker ended at once" : `a worker ended with ${error}`;
  } catch {
    return "corral-worker ended at once";
  }
}
