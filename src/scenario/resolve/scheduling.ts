import { deadlinePolicy, schedPolicies } from "../../kernel/index.ts";
import { durationOf } from "../file/index.ts";
import type { SchedPolicies, SchedPolicy } from "../model/index.ts";
import type { Refusal } from "./refusal.ts";
import { isRefusal, refuse } from "./refusal.ts";
import type { ResolvedScheduling } from "./resolved-work.ts";

/** Least runtime of SCHED_DEADLINE (sched(7)). */
const leastRuntimeNs = 1024n;

const toNs = (text: string): bigint => BigInt(Math.round(durationOf(text) * 1e6));

function deadline(given: SchedPolicies["deadline"]): ResolvedScheduling | Refusal {
  const runtimeNs = toNs(given.runtime);
  const deadlineNs = toNs(given.deadline);
  const periodNs = given.period === undefined ? deadlineNs : toNs(given.period);
  if (runtimeNs < leastRuntimeNs || runtimeNs > deadlineNs || deadlineNs > periodNs)
    return refuse("a deadline needs 1024ns <= runtime <= deadline <= period", "change one of them");
  return { policy: deadlinePolicy, priority: 0, deadline: { runtimeNs, deadlineNs, periodNs } };
}

function realTime(policy: number, priority: number): ResolvedScheduling | Refusal {
  return Number.isInteger(priority) && priority >= 1 && priority <= 99
    ? { policy, priority, deadline: null }
    : refuse(`a priority is a whole number from 1 to 99, not ${priority}`, "change the priority");
}

/** How workers are scheduled; null: no call. */
export function resolveScheduling(policy: SchedPolicy): { readonly set: ResolvedScheduling | null } | Refusal {
  const settle = (scheduling: ResolvedScheduling | Refusal): { readonly set: ResolvedScheduling } | Refusal =>
    isRefusal(scheduling) ? scheduling : { set: scheduling };
  if (policy === "normal") return { set: null };
  if (typeof policy === "string") return { set: { policy: schedPolicies[policy], priority: 0, deadline: null } };
  if ("fifo" in policy) return settle(realTime(schedPolicies.fifo, policy.fifo));
  if ("roundRobin" in policy) return settle(realTime(schedPolicies.rr, policy.roundRobin));
  return settle(deadline(policy.deadline));
}
