import * as v from "valibot";
import { matchEntries, matchKeyNames } from "../../kernel/match/index.ts";
import { checked, described, expects, section, text, truth, wholeNumber, written } from "../../report/config/index.ts";
import { CorralError, intents, isPlainName, parseDurationMs, plainNameRule, quote } from "../../report/index.ts";
import { parseListen } from "../metrics/index.ts";
import { limitsSection } from "../settings/file/index.ts";
import { durationMs, presetNames, settingNames } from "../settings/index.ts";
import { discoveries, retryDefaults } from "./config-types.ts";

/*
 * The file of `corral watch` as it is written. Every value is judged here, each for itself; what values mean together is
 * judged in config-rules.ts. The descriptions go to schemas/watch-config.schema.json, for editors.
 */

const duration = (parse: (text: string) => unknown) => written("a duration such as 10s", parse);

const limits = limitsSection(settingNames);

const intervalMs = { min: 100, max: 3_600_000 };

function scanInterval(value: string): void {
  const ms = parseDurationMs(value);
  if (ms < intervalMs.min || ms > intervalMs.max)
    throw new RangeError(`expects a duration from 100ms to 1h, not ${quote(value)}`);
}

/** parseListen says what is wrong in a CorralError that knows no file. */
function listenAddress(value: string): void {
  try {
    parseListen(value);
  } catch (thrown) {
    if (!(thrown instanceof CorralError)) throw thrown;
    throw new RangeError(`is no address to listen on: ${quote(value)}; ${thrown.fix}`);
  }
}

const age = duration(parseDurationMs);

/** False also when one is no duration, which is told elsewhere. */
const isAbove = (one: string | number, other: string | number): boolean =>
  v.is(age, one) && v.is(age, other) && parseDurationMs(String(one)) > parseDurationMs(String(other));

/** Keys that are all to hold; each may have several values, one of which is to hold. */
const match = v.pipe(
  section({
    ...matchEntries,
    min_age: v.exactOptional(described(age, "Least time since its start; a bare number is seconds.")),
    max_age: v.exactOptional(described(age, "Most time since its start; a bare number is seconds.")),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { min_age: least, max_age: most } = dataset.value;
    if (matchKeyNames.every((key) => dataset.value[key] === undefined))
      addIssue({ message: `needs at least one key: ${matchKeyNames.join(", ")}` });
    if (least !== undefined && most !== undefined && isAbove(least, most))
      addIssue({ message: "has a min_age above its max_age, which no process fits" });
  }),
);

/** What a rule does with its processes; in `defaults` for every rule. */
const governing = {
  limits: v.exactOptional(described(limits, "Limits and attributes, with the names and values of corral run's flags.")),
  preset: v.exactOptional(
    described(
      v.picklist(presetNames, expects(`one of ${presetNames.join(", ")}`)),
      "A set of limits that the limits beside it override.",
    ),
  ),
  strict: v.exactOptional(described(truth, "Leave a process alone unless every limit is applied. Default false.")),
  intent: v.exactOptional(
    described(v.picklist(intents, expects(`one of ${intents.join(", ")}`)), "Echoed in the report."),
  ),
  sla_eligible: v.exactOptional(
    described(truth, "A limit that is not applied counts as a violation in the report. Default false."),
  ),
  tags: v.exactOptional(
    described(v.record(v.string(), text, expects("keys and values")), "Texts that are echoed in the report."),
  ),
  tree: v.exactOptional(described(truth, "Govern the descendants of a process too. Default true.")),
  keep_limits: v.exactOptional(
    described(truth, "Leave limits and attributes as they are when the watch ends. Default false."),
  ),
  force_move: v.exactOptional(
    described(truth, "Move a process even out of the group of a container or a systemd unit. Default false."),
  ),
};

const rule = section({
  name: described(
    v.pipe(
      text,
      v.check(isPlainName, (issue) => expects(plainNameRule)(issue)),
    ),
    "Unique name of the rule, in the characters of a job id.",
  ),
  match: described(match, "All of these keys must hold; of several values of a key, one."),
  except: v.exactOptional(
    described(
      v.array(match, expects("a list of exceptions")),
      "A process for which all keys of one of these hold, or cannot be read, is left to the rules below.",
    ),
  ),
  ...governing,
});

const attempts = wholeNumber("a whole number", 1, 100);

const pause = duration(durationMs);
const retry = v.pipe(
  section({
    attempts: v.exactOptional(described(attempts, "Attempts to attach to a process, in all. Default 5.")),
    initial: v.exactOptional(described(pause, "Pause before the second attempt. Default 1s.")),
    max: v.exactOptional(described(pause, "Longest pause; each is twice the one before. Default 5m.")),
  }),
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    const { initial = retryDefaults.initial, max = retryDefaults.max } = dataset.value;
    if (isAbove(initial, max)) addIssue({ message: "has an initial pause above its max" });
  }),
);

/** `version: 1` of the file of `corral watch`. */
export const watchConfigSchema = section({
  version: described(v.literal(1, expects("1, the version of this format")), "Version of the format."),
  discovery: v.exactOptional(
    described(
      v.picklist(discoveries, expects(`one of ${discoveries.join(", ")}`)),
      "How processes are found: auto (default) by events where the host has them, else by scans; events or not at all; scan.",
    ),
  ),
  scan_interval: v.exactOptional(
    described(duration(scanInterval), "Time from scan to scan, 100ms to 1h; scans go on beside events. Default 10s."),
  ),
  listen: v.exactOptional(
    described(
      v.pipe(text, checked<string>(listenAddress)),
      "ADDRESS:PORT or unix:/PATH that serves /metrics and /healthz. Default: none.",
    ),
  ),
  retry: v.exactOptional(described(retry, "What happens after an attempt that failed for a reason that may pass.")),
  defaults: v.exactOptional(described(section(governing), "What every rule does that does not say otherwise.")),
  rules: described(
    v.pipe(v.array(rule, expects("a list of rules")), v.minLength(1, "needs at least one rule")),
    "Tried in order; the first that fits has the process.",
  ),
});

export type RawWatchConfig = v.InferOutput<typeof watchConfigSchema>;
export type RawRule = RawWatchConfig["rules"][number];
export type RawGoverning = NonNullable<RawWatchConfig["defaults"]>;
