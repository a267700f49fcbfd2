import * as v from "valibot";
import { described, expects, section, truth, wholeNumber, written } from "../../report/config/index.ts";
import { parseDurationMs, quote } from "../../report/index.ts";
import { durationMs, parseSetting } from "../../run/settings/index.ts";
import { memoryPolicies } from "./memory-settings.ts";

const percent = v.pipe(
  v.number(expects("percent, above 0 and up to 100")),
  v.minValue(0.01, expects("percent, above 0 and up to 100")),
  v.maxValue(100, expects("percent, above 0 and up to 100")),
);
const duration = written("a duration such as 100ms", durationMs);
/** Zero switches it off. */
const durationOrNone = written("a duration such as 30s, or 0s", parseDurationMs);
const leastTickMs = 5;
const tick = written("a duration of at least 5ms", (text) => {
  if (durationMs(text) < leastTickMs)
    throw new RangeError(`expects a duration of at least ${leastTickMs}ms, not ${quote(text)}`);
});
const size = written("a size such as 96M", (text) => parseSetting("memory-max", text));
const optional = <T extends v.GenericSchema>(schema: T, description: string) =>
  v.exactOptional(described(schema, description));

/** How memory is protected, as it is written in the file of `corral guard`. */
export const memorySettings = section({
  policy: optional(
    v.picklist(memoryPolicies, expects(`one of ${memoryPolicies.join(", ")}`)),
    "none: look only. static: equal parts. high-only: memory.low. fallback: the original's. Default two-stage.",
  ),
  dry_run: optional(truth, "Decide and tell, write nothing. Default false."),
  tick: optional(tick, "Time between two looks when nothing wakes it before. Default 50ms."),
  clamp_headroom: optional(percent, "Lower classes are clamped to what they have below this much free. Default 12."),
  clamp_least: optional(size, "At least so much, up to three times the share. Default 96M."),
  freeze_headroom: optional(percent, "They are frozen below this much free. Default 4."),
  freeze_least: optional(size, "At least so much, up to three times the share. Default 32M."),
  kill_headroom: optional(percent, "With all of them frozen, a tool call is killed below this. Default 1."),
  release_headroom: optional(percent, "All is taken back above this much free. Default 20."),
  reserve_window: optional(
    durationOrNone,
    "For how long a peak of protected sessions counts as what they may want again; 0s: none does. Default 30s.",
  ),
  stall_window: optional(duration, "Over which the stall of protected sessions is measured. Default 200ms."),
  clamp_stall: optional(percent, "Percent of it from which lower classes are clamped. Default 10."),
  freeze_stall: optional(percent, "Percent of it from which they are frozen. Default 20."),
  dwell: optional(duration, "For how long all must be well before anything is taken back. Default 100ms."),
  thaw_gap: optional(duration, "Time between letting one session go on and the next. Default 50ms."),
  freeze_wait: optional(duration, "Time that a freeze may take. Default 2500ms."),
  freeze_most: optional(duration, "Longest freeze before a session goes on for a while. Default 30s."),
  clamped_weight: optional(wholeNumber("a weight", 1, 10_000), "cpu.weight of a clamped session. Default 10."),
  oom_bias: optional(
    wholeNumber("a score", 0, 1000),
    "oom_score_adj of lower classes, its negative of the best; 0 leaves them alone. Default 500.",
  ),
  admission_wait: optional(
    durationOrNone,
    "Longest wait of a tool call for the memory that its hint says. Default 0s: none waits.",
  ),
  reclaim_idle: optional(
    durationOrNone,
    "Memory is taken back from an agent that has been idle for so long, where there is swap. Default 0s: never.",
  ),
  static_parts: optional(
    wholeNumber("a number of parts", 1, 10_000),
    "Parts of static. Default: one for each session.",
  ),
});

export type RawMemory = v.InferOutput<typeof memorySettings>;
