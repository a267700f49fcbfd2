import type { Condition } from "./condition.ts";
import { processEvents } from "./condition.ts";
import type { RawCondition, RawLevel } from "./condition-schema.ts";
import { parseMinute } from "./condition-schema.ts";
import { parseShare, toBytes, toMs, toNs } from "./values.ts";

/** How often a measure without an event of the kernel is looked at. */
const everyMs = 1000;

/** Where a level ends that says nothing of it. */
const rearmShare = 0.9;

const levelOf = ({ above, rearm }: RawLevel): { readonly above: number; readonly rearm: number } => {
  const aboveBytes = toBytes(above);
  return { above: aboveBytes, rearm: rearm === undefined ? Math.floor(aboveBytes * rearmShare) : toBytes(rearm) };
};

type Part = (raw: RawCondition) => readonly Condition[];

const present = <K extends keyof RawCondition>(
  key: K,
  make: (value: NonNullable<RawCondition[K]>) => Condition,
): Part => {
  return (raw) => {
    const value = raw[key];
    return value === undefined || value === null ? [] : [make(value)];
  };
};

/** What each key means, in the order in which they are judged. */
const parts: readonly Part[] = [
  ...processEvents.map((event) => present(event, ({ after }) => ({ kind: "since", event, afterNs: toNs(after) }))),
  present("idle", ({ time, cpu_below = "1%" }) => ({
    kind: "idle",
    forNs: toNs(time),
    cpuBelow: parseShare(cpu_below),
    everyMs: Math.min(everyMs, Math.max(50, toMs(time) / 4)),
  })),
  present("pressure", ({ resource, kind = "some", of = "group", stall, window = "1s" }) => ({
    kind: "pressure",
    metric: `pressure_${resource}_${kind}`,
    of,
    stallUs: Math.round(toMs(stall) * 1000),
    windowUs: Math.round(toMs(window) * 1000),
  })),
  present("memory_current", (level) => ({
    kind: "level",
    measured: { metric: "memory_current_bytes", of: "group", everyMs },
    ...levelOf(level),
  })),
  present("memory_high", ({ above, rearm }) => ({
    kind: "share",
    above: parseShare(above),
    rearm: rearm === undefined ? parseShare(above) * rearmShare : parseShare(rearm),
    everyMs,
  })),
  present("memory_events", ({ counter, by = 1, within }) => ({
    kind: "rise",
    measured: { metric: `events_${counter}`, of: "group", everyMs: null },
    by,
    withinNs: toNs(within),
  })),
  present("rss", (level) => ({
    kind: "level",
    measured: { metric: "rss_bytes", of: "process", everyMs },
    ...levelOf(level),
  })),
  present("rss_growth", ({ by, within }) => ({
    kind: "rise",
    measured: { metric: "rss_bytes", of: "process", everyMs: Math.min(everyMs, Math.max(50, toMs(within) / 8)) },
    by: toBytes(by),
    withinNs: toNs(within),
  })),
  present("every", (time) => ({ kind: "every", ns: toNs(time) })),
  present("daily", (times) => ({
    kind: "daily",
    minutes: (typeof times === "string" ? [times] : times).map(parseMinute),
  })),
  present("all", (of) => ({ kind: "all", of: of.map(resolveCondition) })),
  present("any", (of) => ({ kind: "any", of: of.map(resolveCondition) })),
  present("not", (of) => ({ kind: "not", of: resolveCondition(of) })),
];

/** Says what a `when` means; each of its values is sound. */
export function resolveCondition(raw: RawCondition): Condition {
  const of = parts.flatMap((part) => part(raw));
  const [only] = of;
  const whole: Condition = of.length === 1 && only !== undefined ? only : { kind: "all", of };
  return raw.for === undefined ? whole : { kind: "for", forNs: toNs(raw.for), of: whole };
}
