import type { ProcessFacts } from "../../kernel/index.ts";
import { isSameProcess, processFacts } from "../../kernel/index.ts";
import { CorralError } from "../../report/index.ts";
import type { RunPlan } from "../plan.ts";
import type { TargetFacts } from "./guards.ts";
import { refuseManaged, refuseProtected, targetFacts } from "./guards.ts";
import { ourSelf } from "./ourselves.ts";
import { processGone } from "./select-targets.ts";
import type { AttachSpec } from "./spec.ts";
import { treeOf } from "./tree.ts";

const zombie = (pid: number): CorralError =>
  new CorralError("PROCESS_GONE", `process ${pid} has ended; its parent has not noticed yet`, { object: String(pid) });

/** Every hierarchy that a process is moved in costs the kernel a grace period: those that only count are asked for. */
export const withoutMereCounting = (plan: RunPlan, { account }: AttachSpec): RunPlan =>
  account ? plan : { ...plan, wanted: [] };

/** A process as the guards see it, with those that would be moved with it. */
function membersOf({ target, tree }: AttachSpec, leader: TargetFacts): TargetFacts[] {
  const descendants = tree ? treeOf(target).slice(1) : [];
  return [leader, ...descendants.map(({ pid }) => targetFacts(processFacts(pid)))];
}

/**
 * Everything that can be refused before anything is touched or recorded.
 * @param moves the process would be moved into a group
 * @throws CorralError PROCESS_GONE, PROCESS_PROTECTED, PROCESS_MANAGED
 */
export function refuseTarget(spec: AttachSpec, facts: ProcessFacts, moves: boolean): void {
  const { pid } = spec.target;
  if (!isSameProcess(spec.target) || facts.stat === null) throw processGone(pid);
  // A leader that has ended while other threads go on is a process that runs.
  if (facts.stat.state === "Z" && facts.stat.numThreads <= 1) throw zombie(pid);
  const target = targetFacts(facts);
  const self = ourSelf();
  refuseProtected(target, self);
  if (moves && !spec.forceMove) for (const member of membersOf(spec, target)) refuseManaged(member, self);
}
