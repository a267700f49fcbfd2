import * as v from "valibot";
import { signalNumber } from "../../kernel/index.ts";
import { described, expects, section, text, truth, wholeNumber, written } from "../../report/config/index.ts";
import { quote } from "../../report/index.ts";
import type { JsonValue } from "../model/index.ts";
import { parseShare, positiveDuration, share, size, toBytes } from "./values.ts";

const optional = <T extends v.GenericSchema>(schema: T) => v.exactOptional(schema);

/** A signal by name or number. @throws RangeError */
export function parseSignal(written: string): number {
  const number = /^\d+$/.test(written) ? Number(written) : (signalNumber(written) ?? null);
  if (number === null || number < 1 || number > 64) throw new RangeError(`names no signal: ${quote(written)}`);
  return number;
}

/** How much is reclaimed: bytes, or a part of what there is. @throws RangeError */
export function parseAmount(written: string): {
  readonly bytes: number | null;
  readonly fractionOfCurrent: number | null;
} {
  if (!written.trim().endsWith("%")) return { bytes: toBytes(written), fractionOfCurrent: null };
  const fraction = parseShare(written);
  if (fraction <= 0 || fraction > 1)
    throw new RangeError(`expects more than 0% and at most 100%, not ${quote(written)}`);
  return { bytes: null, fractionOfCurrent: fraction };
}

const weight = (controller: string) => optional(described(wholeNumber("a weight", 1, 10_000), `${controller}.weight.`));

const json: v.GenericSchema<JsonValue> = v.unknown() as unknown as v.GenericSchema<JsonValue>;

/** The actions: exactly one of these keys stands in a `do`. */
const actions = {
  message: optional(
    described(
      v.pipe(text, v.regex(/^[\w.-]{1,64}$/, expects("a verb such as compress"))),
      "Verb for an enrolled workload.",
    ),
  ),
  signal: optional(described(written("a signal", parseSignal), "Signal by name or number.")),
  reclaim: optional(
    described(
      written("a size or a percentage", parseAmount),
      "memory.reclaim: a size, or a percentage of what is used.",
    ),
  ),
  memory_high: optional(share("memory.high becomes this part of memory.current.")),
  madvise: optional(
    described(v.picklist(["cold", "pageout"], expects("cold or pageout")), "process_madvise(2) of all its memory."),
  ),
  freeze: optional(positiveDuration("Freezes its control group, for so long at most.")),
  thaw: optional(described(v.literal(true, expects("true")), "Thaws its control group.")),
  weight: optional(described(section({ cpu: weight("cpu"), io: weight("io") }), "Shares of its control group.")),
  exec: optional(
    described(
      v.pipe(v.array(text, expects("a list: program and arguments")), v.minLength(1, "needs a program")),
      "Runs a program, with what is known of the process in its environment.",
    ),
  ),
} as const;

/** What goes with one action only. */
const companions = {
  params: optional(described(v.record(v.string(), json), "message: its parameters.")),
  swappiness: optional(described(wholeNumber("a number", 0, 200), "reclaim: swappiness of this reclaim.")),
  least: optional(size("memory_high: never below this. Default 16M.")),
  most: optional(size("memory_high: never above this.")),
  timeout: optional(positiveDuration("exec: the program is ended after this. Default 30s.")),
  others_in_group: optional(
    described(truth, "Also act on a group that holds processes which are none of the rule's. Default false."),
  ),
} as const;

export const actionNames = Object.keys(actions);
const groupActions = ["reclaim", "memory_high", "freeze", "thaw", "weight"];

/** With which action a companion goes. */
const goesWith: Readonly<Record<keyof typeof companions, readonly string[]>> = {
  params: ["message"],
  swappiness: ["reclaim"],
  least: ["memory_high"],
  most: ["memory_high"],
  timeout: ["exec"],
  others_in_group: groupActions,
};

/** A `do`: one action and what goes with it. */
export const actionSchema = v.pipe(
  section({ ...actions, ...companions }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const keys = Object.keys(dataset.value);
    const chosen = keys.filter((key) => actionNames.includes(key));
    const [action = ""] = chosen;
    if (chosen.length === 0) addIssue({ message: `needs one action: ${actionNames.join(", ")}` });
    else if (chosen.length > 1) addIssue({ message: `has several actions: ${chosen.join(", ")}; make a rule of each` });
    else
      for (const [key, owners] of Object.entries(goesWith))
        if (keys.includes(key) && !owners.includes(action))
          addIssue({ message: `has ${key}, which goes with ${owners.join(", ")} only` });
    const { weight: weights } = dataset.value;
    if (weights !== undefined && weights.cpu === undefined && weights.io === undefined)
      addIssue({ message: "has a weight without cpu and io" });
  }),
);

export type RawAction = v.InferOutput<typeof actionSchema>;
