import * as v from "valibot";
import { described, expects, section, wholeNumber, word } from "../../report/config/index.ts";
import type { MemPolicyFlag } from "../model/index.ts";
import { affinityWords, memPolicyFlags, memPolicyWords, schedPolicyWords } from "../model/index.ts";
import { oneKey, wordOrKey } from "./one-of.ts";
import { durationOf, finite, index, numberList, optional, positiveDuration } from "./values.ts";

/* CPUs, nodes, policies: the entries that say where something runs. */

const share = {
  index: described(index("which share, from 0"), "0 for the first share."),
  of: described(index("a number of shares"), "Number of shares."),
};

export const cpusetSchema = oneKey({
  llc: described(index("the number of a last-level cache"), "All CPUs of a last-level cache."),
  numa: described(index("the number of a memory node"), "All CPUs of a memory node."),
  range: described(
    section({
      start: described(finite("a number from 0 to 1"), "From this part of the usable CPUs on."),
      end: described(finite("a number from 0 to 1"), "To this part, without it."),
    }),
    "A stretch of the usable CPUs.",
  ),
  disjoint: described(section(share), "An equal share of the usable CPUs; shares have no CPU in common."),
  overlap: described(
    section({
      ...share,
      frac: described(finite("a number from 0 to 1"), "Part of a share that its neighbours get too."),
    }),
    "A share that reaches into its neighbours.",
  ),
  exact: described(numberList, "These CPUs."),
});

export const affinitySchema = wordOrKey(affinityWords, {
  random_subset: described(
    section({
      from: described(numberList, "CPUs to draw from."),
      count: described(index("a number of CPUs"), "CPUs per worker."),
    }),
    "CPUs drawn at random, for each worker anew.",
  ),
  exact: described(numberList, "These CPUs, as far as they are the group's."),
});

export const memPolicySchema = wordOrKey(memPolicyWords, {
  bind: described(numberList, "These nodes only."),
  preferred: described(index("the number of a memory node"), "This node first."),
  interleave: described(numberList, "Pages by turns."),
  preferred_many: described(numberList, "These nodes first (Linux 5.15)."),
  weighted_interleave: described(numberList, "Pages by turns, by the nodes' weights (Linux 6.9)."),
});

const flagNames = Object.keys(memPolicyFlags) as [MemPolicyFlag, ...MemPolicyFlag[]];
export const memPolicyFlagsSchema = v.array(word(flagNames), expects("a list of flags"));

const priority = wholeNumber("a priority", 1, 99);

/** The rules of sched_setattr(2) for SCHED_DEADLINE. */
const deadline = v.pipe(
  section({
    runtime: described(positiveDuration, "CPU time per period, at least 1024 ns."),
    deadline: described(positiveDuration, "By when it must be had."),
    period: optional(described(positiveDuration, "Default: the deadline.")),
  }),
  v.check((value) => {
    const runtime = durationOf(value.runtime);
    const end = durationOf(value.deadline);
    const period = value.period === undefined ? end : durationOf(value.period);
    return runtime * 1e6 >= 1024 && runtime <= end && end <= period;
  }, "needs 1024ns <= runtime <= deadline <= period"),
);

export const schedPolicySchema = wordOrKey(schedPolicyWords, {
  fifo: described(priority, "SCHED_FIFO with this priority."),
  round_robin: described(priority, "SCHED_RR with this priority."),
  deadline: described(deadline, "SCHED_DEADLINE."),
});
