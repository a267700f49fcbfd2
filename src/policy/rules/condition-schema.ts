import * as v from "valibot";
import { checked, described, expects, oneOrMany, section, wholeNumber } from "../../report/config/index.ts";
import { quote } from "../../report/index.ts";
import type { ProcessEvent } from "./condition.ts";
import { processEvents } from "./condition.ts";
import { duration, positiveDuration, share, size } from "./values.ts";

/** The keys of a `when`, as they are written. All that are there must hold. */
export type RawCondition = { readonly [E in ProcessEvent]?: { readonly after: string | number } } & {
  readonly idle?: { readonly time: string | number; readonly cpu_below?: string };
  readonly pressure?: {
    readonly resource: "cpu" | "memory" | "io";
    readonly kind?: "some" | "full";
    readonly of?: "group" | "system";
    readonly stall: string | number;
    readonly window?: string | number;
  };
  readonly memory_current?: RawLevel;
  readonly memory_high?: { readonly above: string; readonly rearm?: string };
  readonly memory_events?: {
    readonly counter: "low" | "high" | "max" | "oom" | "oom_kill";
    readonly by?: number;
    readonly within: string | number;
  };
  readonly rss?: RawLevel;
  readonly rss_growth?: { readonly by: string | number; readonly within: string | number };
  readonly every?: string | number;
  readonly daily?: string | readonly string[];
  readonly all?: readonly RawCondition[];
  readonly any?: readonly RawCondition[];
  readonly not?: RawCondition;
  readonly for?: string | number;
};

export interface RawLevel {
  readonly above: string | number;
  readonly rearm?: string | number;
}

const optional = <T extends v.GenericSchema>(schema: T) => v.exactOptional(schema);

const level = (of: string) =>
  section({
    above: size(`Begins to hold above this ${of}.`),
    rearm: optional(size("Ends below this. Default: 90 % of above.")),
  });

/** `03:30` as minutes of the day. @throws RangeError */
export function parseMinute(text: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (match === null) throw new RangeError(`expects a time of day such as 03:30, not ${quote(text)}`);
  return Number(match[1]) * 60 + Number(match[2]);
}

const minute = v.pipe(v.string(expects('a time of day such as "03:30"')), checked<string>(parseMinute));

const sinceText: Readonly<Record<ProcessEvent, string>> = {
  exec: "From this long after its exec on, until the next one.",
  fork: "From this long after its start on.",
  exit: "This long after its end; only with do: exec.",
  enrol: "From this long after it enrolled on.",
};

const since = Object.fromEntries(
  processEvents.map((event) => [
    event,
    optional(described(section({ after: duration("Time since the event; 0 for at once.") }), sinceText[event])),
  ]),
) as unknown as { [E in ProcessEvent]: v.GenericSchema<{ after: string | number } | undefined> };

const nested = v.lazy(() => conditionSchema);

/** The longest window and the shortest that the kernel takes, psi.rst. */
const resources = ["cpu", "memory", "io"] as const;
const counters = ["low", "high", "max", "oom", "oom_kill"] as const;

const entries = {
  ...since,
  idle: optional(
    described(
      section({
        time: positiveDuration("How long it has been idle."),
        cpu_below: optional(share("Of one CPU, less than which is idle. Default 1%.")),
      }),
      "The process has used almost no CPU for a time.",
    ),
  ),
  pressure: optional(
    described(
      section({
        resource: described(
          v.picklist(resources, expects(`one of ${resources.join(", ")}`)),
          "What there is not enough of.",
        ),
        kind: optional(
          described(
            v.picklist(["some", "full"], expects("some or full")),
            "some (default): one waits; full: all wait.",
          ),
        ),
        of: optional(
          described(
            v.picklist(["group", "system"], expects("group or system")),
            "Of its control group (default), or of the host.",
          ),
        ),
        stall: positiveDuration("Stall within the window that counts as pressure."),
        window: optional(positiveDuration("500ms to 10s. Default 1s.")),
      }),
      "Tasks wait for a resource (PSI), told by a trigger of the kernel.",
    ),
  ),
  memory_current: optional(described(level("size of its control group"), "memory.current of its control group.")),
  memory_high: optional(
    described(
      section({
        above: share("Begins to hold above this part of memory.high."),
        rearm: optional(share("Ends below this. Default: 90 % of above.")),
      }),
      "memory.current of its control group as a part of memory.high.",
    ),
  ),
  memory_events: optional(
    described(
      section({
        counter: described(v.picklist(counters, expects(`one of ${counters.join(", ")}`)), "Counter of memory.events."),
        by: optional(described(wholeNumber("a whole number", 1, 1e9), "How much it has grown. Default 1.")),
        within: positiveDuration("Within which time."),
      }),
      "A counter of memory.events of its control group has grown.",
    ),
  ),
  rss: optional(described(level("memory"), "Resident memory of the process.")),
  rss_growth: optional(
    described(
      section({ by: size("How much it has grown."), within: positiveDuration("Within which time.") }),
      "Resident memory of the process has grown.",
    ),
  ),
  every: optional(positiveDuration("Again and again, counted from when the process was selected.")),
  daily: optional(described(oneOrMany(minute, "a time of day"), "Every day at this time, UTC.")),
  all: optional(
    described(v.pipe(v.array(nested, expects("a list")), v.minLength(1, "needs at least one condition")), "All hold."),
  ),
  any: optional(
    described(v.pipe(v.array(nested, expects("a list")), v.minLength(1, "needs at least one condition")), "One holds."),
  ),
  not: optional(described(nested, "It does not hold.")),
  for: optional(positiveDuration("All of the others must have held for so long without a break.")),
};

/** Conditions that are meant to stand alone or together. */
export const conditionKeys = Object.keys(entries).filter((key) => key !== "for");

/** One condition, or several that must all hold. */
export const conditionSchema: v.GenericSchema<RawCondition> = v.pipe(
  section(entries) as unknown as v.GenericSchema<RawCondition>,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { value } = dataset;
    if (Object.keys(value).every((key) => key === "for"))
      addIssue({ message: `needs at least one condition: ${conditionKeys.join(", ")}` });
  }),
);
