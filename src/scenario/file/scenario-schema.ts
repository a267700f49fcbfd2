import * as v from "valibot";
import { described, expects, section, text, truth, wholeNumber, word } from "../../report/config/index.ts";
import { payloadOutputs, polarityWords } from "../model/index.ts";
import { cgroupSchema, setupSchema } from "./cgroup-schema.ts";
import { checksSchema } from "./checks-schema.ts";
import { expectationSchema } from "./expectation-schema.ts";
import { oneKey, wordOrKey } from "./one-of.ts";
import { opSchema } from "./op-schema.ts";
import { schedulerSchema } from "./scheduler-schema.ts";
import { duration, finite, optional, plainName, positiveDuration } from "./values.ts";
import { workSchema, workTypeSchema } from "./work-schema.ts";

const metricName = v.pipe(text, v.nonEmpty(expects("the name of a metric")));
const metricValue = finite("a number");

const metric = section({
  name: described(metricName, "Path in the JSON document, or a name."),
  polarity: optional(
    described(
      wordOrKey(polarityWords, { target_value: described(metricValue, "As near to this as can be.") }),
      "Which way it is better. Default unknown.",
    ),
  ),
  unit: optional(described(text, "For people.")),
  pattern: optional(described(text, "Expression whose first group is the number.")),
});

const check = oneKey({
  min: described(section({ metric: metricName, value: metricValue }), "At least."),
  max: described(section({ metric: metricName, value: metricValue }), "At most."),
  range: described(section({ metric: metricName, low: metricValue, high: metricValue }), "Between, both included."),
  exists: described(metricName, "The metric is there."),
  exit_code_eq: described(wholeNumber("an exit code", 0, 255), "The exit code."),
});

const payload = section({
  name: described(plainName, "Unique name."),
  command: described(
    v.pipe(v.array(text, expects("a list: program and arguments")), v.minLength(1, "needs a program")),
    "The program and its arguments.",
  ),
  output: optional(described(word(payloadOutputs), "What is read of its output.")),
  metrics: optional(described(v.array(metric, expects("a list of metrics")), "Its metrics.")),
  checks: optional(described(v.array(check, expects("a list of checks")), "What is asked of it.")),
  known_flags: optional(
    described(
      v.array(v.pipe(text, v.startsWith("--", expects("a flag such as --runtime"))), expects("a list of flags")),
      "Long flags that arguments may have. Default: any.",
    ),
  ),
  include_files: optional(described(v.array(text, expects("a list of files")), "Files it needs.")),
  env: optional(described(v.record(v.string(), text, expects("keys and values")), "Variables beside the inherited.")),
  uses_parent_pgrp: optional(described(truth, "It stays in Corral's process group. Default false.")),
});

const ops = v.array(opSchema, expects("a list of ops"));

const hold = wordOrKey(["full"], {
  frac: described(finite("a number above 0"), "This part of the scenario's duration."),
  fixed: described(duration, "So long."),
  loop: described(
    section({ interval: described(duration, "Pause after each round.") }),
    "The ops again and again, until the scenario's duration is over.",
  ),
});

const step = section({
  setup: optional(described(setupSchema, "Groups that last as long as the step, or a module that makes them.")),
  ops: optional(described(ops, "What is done, in order: before the setup; in a loop after it.")),
  hold: optional(described(hold, "How long the step lasts. Default full.")),
});

const need = (what: string) => optional(described(wholeNumber("a number", 1, 8192), what));

/** `version: 1` of a scenario's file. */
export const scenarioSchema = section({
  version: described(v.literal(1, expects("1, the version of this format")), "Version of the format."),
  name: described(plainName, "Name of the scenario."),
  about: optional(described(text, "For people; its first line is a title.")),
  duration: optional(described(positiveDuration, "Budget of all holds together. Default 1s.")),
  settle: optional(described(duration, "Pause after groups were made. Default 0s.")),
  workers_per_cgroup: optional(
    described(wholeNumber("a number of workers", 0, 65_535), "Workers of a work that says no number. Default 1."),
  ),
  work_type_override: optional(described(workTypeSchema, "Kind of work for all groups that are swappable.")),
  needs: optional(
    described(
      section({
        cpus: need("CPUs."),
        llcs: need("Last-level caches."),
        numa_nodes: need("Memory nodes."),
        threads_per_core: need("Hardware threads per core."),
        tmpdir_disk: optional(described(truth, "Temporary files, those of workers too (TMPDIR), are on a disk.")),
      }),
      "What the host must have at least; else the scenario is skipped.",
    ),
  ),
  scheduler: optional(described(schedulerSchema, "The scheduler under test. Default: the kernel's own.")),
  payloads: optional(described(v.array(payload, expects("a list of payloads")), "Programs that are run as load.")),
  backdrop: optional(
    described(
      section({
        cgroups: optional(described(v.array(cgroupSchema, expects("a list of groups")), "Groups, in this order.")),
        ops: optional(described(ops, "What is done after that.")),
        payloads: optional(described(v.array(plainName, expects("a list of names")), "Payloads, started last.")),
      }),
      "What lasts for the whole scenario.",
    ),
  ),
  steps: described(
    v.pipe(v.array(step, expects("a list of steps")), v.minLength(1, "needs at least one step")),
    "What happens, in order.",
  ),
  checks: optional(described(checksSchema, "What must hold.")),
  expect: optional(described(v.array(expectationSchema, expects("a list of expectations")), "What else must hold.")),
});

/** Parts that stand in several places, which the published schema has once. */
export const scenarioParts = {
  checks: checksSchema,
  cgroup: cgroupSchema,
  op: opSchema,
  scheduler: schedulerSchema,
  work: workSchema,
  work_type: workTypeSchema,
} as const;
