/** The schema of what `corral policy reclaim` and `corral policy compact` print as JSON. */
import * as v from "valibot";
import { outcomes } from "../../src/policy/index.ts";
import { count, countOrNull, describe, seconds, text, time, whole, yesNo } from "./parts.ts";

const kind = <Name extends string, Entries extends v.ObjectEntries>(name: Name, what: string, entries: Entries) =>
  v.strictObject({
    schema: v.pipe(v.literal("corral.adaptive/1"), v.description("Name and version of this document.")),
    time: time("Wall clock, RFC 3339 with milliseconds."),
    event: v.pipe(v.literal(name), v.description(what)),
    subject: text("Path of the group, or `pid N`."),
    ...entries,
  });

const share = (description: string) => v.pipe(v.number(), v.description(description));
const positive = (description: string) => v.pipe(v.number(), v.minValue(0), v.description(description));
const outcome = v.pipe(
  v.nullable(v.picklist(Object.keys(outcomes) as (keyof typeof outcomes)[])),
  v.description("How it ended; null when nothing was done."),
);
const reason = text("One clause for people.");
const why = text("Why it ended.");
const duration_sec = v.pipe(seconds(), v.description("How long it ran."));
const took_ms = positive("How long it took, milliseconds.");
const refaults_anon = count("Pages of anonymous memory read back from swap.");
const refaults_file = count("Pages of files read again soon after they were taken.");
const stall = "Share of the time that some process was stalled for want of memory";

/** `corral.adaptive/1`. */
export const adaptive = v.variant("event", [
  kind("started", "The policy began.", {
    policy: v.pipe(v.picklist(["proactive-reclaim", "idle-compaction"]), v.description("Which one.")),
    mechanism: v.pipe(
      v.picklist(["psi trigger", "inotify", "polling"]),
      v.description("How it hears of what it acts on."),
    ),
    mechanism_reason: text("What is waited for, or why there is no event for it."),
    dry_run: yesNo("Whether nothing will be done."),
  }),
  kind("reclaim", "One interval of proactive reclaim.", {
    step: v.pipe(whole(), v.description("Number of the interval, from 1.")),
    current_bytes: count("Memory charged to the group when it was decided."),
    swap_bytes: countOrNull("Swap of the group; null where not told."),
    stall_share: positive(`${stall}, of the interval.`),
    asked_bytes: count("What the kernel was asked for; 0: nothing."),
    reclaimed_bytes: countOrNull("By how much the use of the group fell; null when nothing was done."),
    cache_only: yesNo("Whether only page cache was asked for."),
    outcome,
    reason,
    took_ms,
    refaults_anon,
    refaults_file,
  }),
  kind("reclaim_summary", "What proactive reclaim came to.", {
    why,
    duration_sec,
    intervals: count("Intervals that passed."),
    reclaims: count("Those in which memory was asked for."),
    before_bytes: count("Memory charged to the group at the start."),
    after_bytes: count("And at the end."),
    saved_share: share("Of before_bytes, what is gone; negative when the group grew."),
    swap_bytes: countOrNull("Swap of the group at the end; null where not told."),
    asked_bytes: count("All that was asked for."),
    reclaimed_bytes: count("By how much the use fell in the steps."),
    target_share: positive("The target."),
    stall_share: positive(`${stall}, of the whole time.`),
    stall_share_most: positive("And of the worst interval."),
    intervals_above_target: count("Intervals with more stall than the target."),
    refaults_anon,
    refaults_file,
    corral_cpu_ms: positive("CPU time of Corral, the kernel's work for it included, milliseconds."),
  }),
  kind("compact", "What idle compaction decided, when that is something else than before.", {
    decision: v.pipe(v.picklist(["wait", "cold", "pageout", "wake"]), v.description("What was decided.")),
    reason,
    cpu_share: positive("Of one CPU, since the look before."),
    rss_bytes: count("Resident memory."),
    group_bytes: countOrNull("Memory charged to its group; null where not told."),
    advised_bytes: count("Resident memory that was advised in this step."),
    took_ms,
    outcome,
  }),
  kind("compact_summary", "What idle compaction came to.", {
    why,
    duration_sec,
    before_rss_bytes: count("Resident memory at the start."),
    after_rss_bytes: count("And at the end."),
    least_rss_bytes: count("The least that was seen."),
    before_group_bytes: countOrNull("Memory charged to its group at the start; null where not told."),
    least_group_bytes: countOrNull("The least that was seen."),
    saved_share: share("Of before_rss_bytes, what was gone when least was resident."),
    swap_bytes: count("Swap of the processes at the end."),
    colds: count("Times it was made cold."),
    compactions: count("Times it was paged out whole."),
    wakes: count("Times it woke."),
    advised_bytes: count("Resident memory that was paged out or advised to be."),
    took_ms,
    longest_call_ms: positive("The longest call of the kernel, milliseconds."),
    major_faults: count("Page faults that had to wait for a device."),
  }),
]);

export const adaptiveSchemas: Readonly<Record<string, object>> = {
  "adaptive.schema.json": describe("corral.adaptive/1: one line of corral policy reclaim|compact --json", adaptive),
};
