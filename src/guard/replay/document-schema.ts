import * as v from "valibot";
import { described } from "../../report/config/index.ts";
import { decisionActions, decisionReasons, stages } from "../memory/index.ts";
import type { SessionClass } from "../model/index.ts";
import { fates } from "./outcome.ts";
import { replayPolicies } from "./scenario.ts";

/*
 * The form of `corral.isolation/1`: types and schemas/isolation.schema.json are made of it, and documents that are pooled are
 * judged by it.
 */

const number = (description: string) => described(v.number(), description);
const numberOrNull = (description: string) => described(v.nullable(v.number()), description);
const whole = (description: string) => v.pipe(v.number(), v.integer(), v.minValue(0), v.description(description));
const words = (description: string) => described(v.string(), description);
const lines = (description: string) => described(v.array(v.string()), description);
const classes = ["high", "normal", "low", "besteffort"] as const satisfies readonly SessionClass[];
const policy = described(
  v.picklist(replayPolicies),
  "alone: the agent of class high by itself; else a policy of corral guard.",
);
const sessionClass = described(v.picklist(classes), "Class of the session.");
const fate = described(
  v.picklist(fates),
  "completed: came to the end of its trace. oom: the kernel killed it. guard: the guard killed its tool call. stuck: killed after twenty times the trace's length. failed: anything else.",
);
const byAction = described(v.record(v.string(), whole("How many.")), "How many decisions, by action.");

const share = (description: string) =>
  described(
    v.nullable(
      v.strictObject({
        count: whole("How many."),
        of: whole("Out of how many."),
        share: number("Their part, 0 to 1."),
        low: number("Its 95 % interval, two-sided (Wilson)."),
        high: number("The other end."),
        at_least: number("Bound that it is not below, 95 % one-sided, exact (Clopper-Pearson)."),
      }),
    ),
    `${description} Null: of none.`,
  );

const ratio = (description: string) =>
  described(
    v.nullable(
      v.strictObject({
        value: number("Ratio of the medians."),
        low: numberOrNull("Its 95 % interval by the bootstrap; null with fewer than six on either side."),
        high: numberOrNull("The other end."),
      }),
    ),
    `${description} Null: nothing to compare.`,
  );

const classDocument = v.strictObject({
  class: sessionClass,
  survived: share("Agents that came to the end of their trace."),
  fates: described(
    v.strictObject(
      Object.fromEntries(fates.map((one) => [one, whole("How many.")])) as Record<
        (typeof fates)[number],
        ReturnType<typeof whole>
      >,
    ),
    "How many agents ended how.",
  ),
  elapsed_p50_ms: numberOrNull("Median time of those that survived; null: none did."),
  slowdown: numberOrNull("Median of what they took, by what the trace says."),
  slowdown_against_alone: ratio("Median time by that of the agent by itself; class high only."),
  slowdown_against_none: ratio("Median time by that of survivors of the class without a policy."),
  allocations: whole("Steps that asked for memory."),
  allocation_p50_ms: numberOrNull("How long those took: median."),
  allocation_p95_ms: numberOrNull("95th percentile."),
  allocation_p99_ms: numberOrNull("99th percentile."),
});

const policyDocument = v.strictObject({
  policy,
  runs: whole("Runs of it."),
  whole_runs: share("Runs in which nobody was lost."),
  survived: share("Agents of all classes."),
  classes: described(v.array(classDocument), "The same by class."),
  oom_kills: whole("Processes that the kernel killed, in all runs."),
  decisions: byAction,
});

const sessionDocument = v.strictObject({
  session: words("Its name."),
  class: sessionClass,
  fate,
  planned_ms: number("What the trace says, at the speed it was followed."),
  elapsed_ms: numberOrNull("From the begin to the end of the trace; null: did not come to it."),
  ended_ms: number("From the common begin to when its end was seen."),
  peak_mib: number("Most memory that it had."),
  allocations_ms: described(v.array(v.number()), "How long each step took that asked for memory."),
  spent: v.exactOptional(
    described(
      v.strictObject({
        cpu_user_ms: numberOrNull("What it computed."),
        cpu_sys_ms: numberOrNull("What the kernel computed for it."),
        cpu_wait_ms: numberOrNull("It could have run and had no CPU (cpu.pressure, some)."),
        memory_wait_ms: numberOrNull("It waited for memory (memory.pressure, some)."),
      }),
      "Where the time of its tool call went, its begin included; null: not counted here. Not in documents from before it was told.",
    ),
  ),
});

const stepDocument = v.strictObject({
  at_ms: number("From when the agents began together; below 0: before."),
  session: words("Whose memory it is about."),
  action: described(v.picklist(decisionActions), "What was done (docs/guard.md, MEMORY)."),
  from: described(v.picklist(stages), "Where it stood."),
  to: described(v.picklist(stages), "Where it stands."),
  reason: described(v.picklist(decisionReasons), "Which observation it rests on."),
  threshold: numberOrNull("What was compared with, in the unit of what `reason` names; null: nothing."),
  limit_bytes: number("memory.max that counts."),
  headroom_bytes: number("What can be had before it, page cache that can go included."),
  reserve_bytes: number("What the protected had of late and may want back."),
  bound_by: words("The group whose memory.max counts, or host."),
  stall_share: numberOrNull("Of the protected session that stalls most, 0 to 1; null: no pressure is told here."),
  hits: number("How often the protected hit limits of their own since the look before."),
  current_bytes: numberOrNull("Of the session; null: it is gone."),
  writes: lines("Control files that were written, with the values."),
  killed: described(v.nullable(v.string()), "Group of the tool call that was killed."),
  failed: lines("What could not be written, and why."),
});

const runDocument = v.strictObject({
  run: v.pipe(
    v.number(),
    v.integer(),
    v.minValue(1),
    v.description("From 1; the same of each policy has the same traces."),
  ),
  seed: whole("What its traces are made of, with its number."),
  policy,
  oom_kills: whole("Processes that the kernel killed."),
  peak_mib: numberOrNull("Most memory of all together; null: not told here."),
  duration_ms: whole("All of it, with the guard's start and end."),
  guard_cpu_ms: v.exactOptional(
    numberOrNull("CPU time that the guard used; null: not known. Not in documents from before it was told."),
  ),
  decisions: byAction,
  steps: described(v.array(stepDocument), "Each of them with what was seen, in order."),
  sessions: described(v.array(sessionDocument), "The agents."),
});

const scenarioDocument = v.strictObject({
  sessions: whole("Agents of a run."),
  limit_bytes: whole("memory.max of all together."),
  trace_ms: number("Length of the trace that each follows, at its own speed."),
  speed: number("Times as fast as the trace."),
  seeds: described(v.array(whole("A seed.")), "Of all runs; more than one where documents were pooled."),
});

export const isolationSchema = v.strictObject({
  schema: described(v.literal("corral.isolation/1"), "Name and version of this document."),
  scenario: described(scenarioDocument, "What was run."),
  kernel: words("Release of the kernel."),
  complete: described(v.boolean(), "False: it was stopped before all runs were done."),
  policies: described(v.array(policyDocument), "What all runs of each policy say."),
  runs: described(v.array(runDocument), "Each run, in the order in which they were made."),
});

type Fixed<T> = T extends object ? { readonly [K in keyof T]: Fixed<T[K]> } : T;

/** `corral.isolation/1`: policies of memory side by side. */
export type IsolationDocument = Fixed<v.InferOutput<typeof isolationSchema>>;
export type ScenarioDocument = IsolationDocument["scenario"];
export type PolicyDocument = IsolationDocument["policies"][number];
export type ClassDocument = PolicyDocument["classes"][number];
export type RunDocument = IsolationDocument["runs"][number];
export type RunSessionDocument = RunDocument["sessions"][number];
export type ShareDocument = PolicyDocument["survived"];
