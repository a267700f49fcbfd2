import * as v from "valibot";
import { described, expects, section, text, wholeNumber, word, written } from "../../report/config/index.ts";
import { parseNumberIn, parseSize, quote } from "../../report/index.ts";
import { countedSince, eventCounters, groupMetrics, opWords } from "../model/index.ts";
import { cgroupSchema, groupLimits } from "./cgroup-schema.ts";
import { kernelOps } from "./kernel-op-schema.ts";
import { oneKey, wordOrKey } from "./one-of.ts";
import { affinitySchema, cpusetSchema } from "./placement-schema.ts";
import { schedulerSchema } from "./scheduler-schema.ts";
import { atLeastZero, groupName, optional, plainName, positiveDuration } from "./values.ts";
import { workSchema } from "./work-schema.ts";

const cgroup = described(groupName, "Name of a group of the scenario.");
const orNone = described(
  v.union([v.literal(""), groupName], expects("the name of a group, or an empty text for none")),
  "Name of a group; empty: without a group.",
);
const payload = described(plainName, "Name of a payload of the scenario.");
const ofGroup = section({ cgroup });

const conditions = oneKey({
  pressure: described(
    section({
      cgroup: optional(described(groupName, "Of this group; of the host without one.")),
      resource: described(word(["cpu", "memory", "io"]), "What there is not enough of."),
      kind: optional(described(word(["some", "full"]), "some (default): one waits; full: all wait.")),
      stall: described(positiveDuration, "Stall within the window that counts."),
      window: optional(described(positiveDuration, "500ms to 10s. Default 1s.")),
    }),
    "Tasks wait for a resource (PSI).",
  ),
  events: described(
    section({
      cgroup,
      counter: described(word(eventCounters), "Which counter."),
      by: optional(described(wholeNumber("a number of events", 1, 1_000_000_000), "Default 1.")),
      since: optional(
        described(word(countedSince), "wait (default): since the wait began; step: since the step's ops began."),
      ),
    }),
    "A counter has grown.",
  ),
  state: described(
    section({ cgroup, is: described(word(["frozen", "thawed", "populated", "empty"]), "The state.") }),
    "The group is in a state.",
  ),
  metric: described(
    v.pipe(
      section({
        cgroup,
        metric: described(word(groupMetrics), "What is read."),
        at_least: optional(described(atLeastZero("a number, 0 or more"), "Holds from this value on.")),
        at_most: optional(described(atLeastZero("a number, 0 or more"), "Holds up to this value.")),
      }),
      v.check((value) => (value.at_least === undefined) !== (value.at_most === undefined), "needs at_least or at_most"),
    ),
    "A metric of the group has a value.",
  ),
});

/** How much is reclaimed: bytes, or a part of what the group has. @throws RangeError */
export function parseReclaim(amount: string): { readonly bytes: number } | { readonly fraction: number } {
  if (!amount.trim().endsWith("%")) {
    const bytes = parseSize(amount, null);
    if (bytes === 0) throw new RangeError(`expects more than nothing, not ${quote(amount)}`);
    return { bytes };
  }
  const percent = parseNumberIn(amount.trim().slice(0, -1), 0, 100, { integer: false });
  if (percent === 0) throw new RangeError(`expects more than 0%, not ${quote(amount)}`);
  return { fraction: percent / 100 };
}

const amount = v.pipe(
  written("a size such as 64M, or a percentage", (value) => parseReclaim(value)),
  v.transform(String),
);
const args = v.array(text, expects("a list of arguments"));

const withKeys = {
  add_cgroup: described(section({ name: described(groupName, "Name of the new group.") }), "Makes an empty group."),
  add_cgroup_def: described(cgroupSchema, "Makes a group with all that belongs to it."),
  remove_cgroup: described(ofGroup, "Ends what runs in a group and removes it."),
  set_cpuset: described(section({ cgroup, cpus: described(cpusetSchema, "The CPUs.") }), "Writes cpuset.cpus."),
  clear_cpuset: described(ofGroup, "Empties cpuset.cpus: the group inherits."),
  swap_cpusets: described(
    section({ a: described(groupName, "One group."), b: described(groupName, "The other.") }),
    "Gives each of two groups the other's CPUs.",
  ),
  set_limits: described(
    section({ cgroup, limits: described(groupLimits, "What changes; max lifts a limit.") }),
    "Changes limits of a group.",
  ),
  spawn: described(
    section({
      placement: described(
        wordOrKey(["runner"], { cgroup }),
        "runner: where Corral is, without a group; or cgroup: in a group.",
      ),
      work: described(workSchema, "The workers."),
    }),
    "Starts more workers.",
  ),
  stop_cgroup: described(ofGroup, "Ends what runs in a group; the group stays."),
  set_affinity: described(
    section({ cgroup, affinity: described(affinitySchema, "Where its workers may run.") }),
    "Changes the affinity of a group's workers.",
  ),
  move_all_tasks: described(section({ from: orNone, to: cgroup }), "Moves all processes of a group to another."),
  run_payload: described(
    section({ payload, args: optional(described(args, "Arguments after its own.")), cgroup: optional(orNone) }),
    "Starts a payload in the background.",
  ),
  wait_payload: described(
    section({
      payload,
      cgroup: optional(orNone),
      timeout: optional(described(positiveDuration, "Default: as long as it takes.")),
    }),
    "Waits for a payload and judges it.",
  ),
  kill_payload: described(section({ payload, cgroup: optional(orNone) }), "Kills a payload and judges it."),
  freeze_cgroup: described(ofGroup, "Freezes a group."),
  unfreeze_cgroup: described(ofGroup, "Thaws a group."),
  kill_cgroup: described(ofGroup, "Kills every process of a group (cgroup.kill)."),
  reclaim: described(
    section({
      cgroup,
      amount: described(amount, "A size, or a percentage of what it has."),
      swappiness: optional(described(wholeNumber("a number", 0, 200), "Swappiness of this reclaim (Linux 6.8).")),
    }),
    "Takes memory from a group (memory.reclaim).",
  ),
  wait: described(
    section({
      for: described(conditions, "What is waited for."),
      timeout: optional(described(positiveDuration, "The step fails after this. Default 10s.")),
    }),
    "Waits for a condition.",
  ),
  capture_cgroup_procs: described(
    section({ tag: described(plainName, "Name of the capture."), cgroup }),
    "Keeps the list of a group's processes.",
  ),
  attach_scheduler: described(section({ scheduler: schedulerSchema }), "Starts a scheduler."),
  replace_scheduler: described(
    section({ scheduler: schedulerSchema }),
    "Ends the scheduler that runs and starts another.",
  ),
};

/** One op. */
export const opSchema = wordOrKey(opWords, { ...withKeys, ...kernelOps });
