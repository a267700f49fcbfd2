import * as v from "valibot";
import { checked, described, expects, section, text, wholeNumber, written } from "../../report/config/index.ts";
import { parseDurationMs } from "../../report/index.ts";
import type { WrittenLimits } from "../../run/settings/file/index.ts";
import { limitsSection } from "../../run/settings/file/index.ts";
import { settingNames } from "../../run/settings/index.ts";
import { linePattern } from "./line-pattern.ts";
import { jsonPath, takes } from "./metric-spec.ts";

const duration = (description: string) =>
  v.exactOptional(
    described(
      written("a duration such as 30s", (value) => parseDurationMs(value)),
      description,
    ),
  );

/** A word of a command may look like a number. */
const word = v.pipe(v.union([v.string(), v.number()], expects("a text")), v.transform(String));
const command = v.pipe(v.array(word, expects("a list: the program and its arguments")), v.minLength(1, "is empty"));

/** What every command of a configuration may say. */
const phaseEntries = {
  command: described(command, "The program and its arguments; no shell reads them."),
  environment: v.exactOptional(
    described(
      v.record(text, word, expects("names and values")),
      "Variables to set; nothing of the agent's own is inherited.",
    ),
  ),
  directory: v.exactOptional(described(text, "Where it runs; default: a new one that is removed afterwards.")),
  limits: v.exactOptional(described(limitsSection(settingNames), "As of corral run.")),
  timeout: duration("It fails when it runs longer."),
};

const metricName = v.pipe(text, v.regex(/^[a-z][a-z0-9_]{0,63}$/, "must be a name of a-z, 0-9 and _"));

const metric = section({
  line: v.exactOptional(
    described(v.pipe(text, checked<string>(linePattern)), "Text of a line, with {} for the number and * for anything."),
  ),
  json: v.exactOptional(
    described(v.pipe(text, checked<string>(jsonPath)), "Way into a JSON document that it prints: jobs[0].read.iops."),
  ),
  from: v.exactOptional(
    described(v.picklist(["stdout", "stderr"], expects("stdout or stderr")), "Where it stands; default: stdout."),
  ),
  take: v.exactOptional(described(v.picklist(takes, expects(takes.join(", "))), "Of several values; default: last.")),
});

export const phaseSchema = section(phaseEntries);

/** A configuration whose work is a program. */
export const commandSchema = section({
  ...phaseEntries,
  duration: duration("It is ended then, which is as it should be."),
  "kill-after": duration("From TERM to KILL when it is ended; default: 1s."),
  success: v.exactOptional(
    described(
      v.array(wholeNumber("an exit status", 0, 255), expects("a list")),
      "Exit statuses of success; default: 0.",
    ),
  ),
  metrics: v.exactOptional(described(v.record(metricName, metric, expects("figures by name")), "Figures to read.")),
  prepare: v.exactOptional(described(phaseSchema, "Runs before, and does not count.")),
  cleanup: v.exactOptional(described(phaseSchema, "Runs afterwards, however it ended.")),
});

/** A phase as it is written. */
export interface RawPhase {
  readonly command: readonly (string | number)[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly directory?: string;
  readonly limits?: WrittenLimits;
  readonly timeout?: string | number;
}

/** A figure as it is written. */
export interface RawMetric {
  readonly line?: string;
  readonly json?: string;
  readonly from?: "stdout" | "stderr";
  readonly take?: (typeof takes)[number];
}

/** A configuration as it is written. */
export interface RawCommand extends RawPhase {
  readonly duration?: string | number;
  readonly "kill-after"?: string | number;
  readonly success?: readonly number[];
  readonly metrics?: Readonly<Record<string, RawMetric>>;
  readonly prepare?: RawPhase;
  readonly cleanup?: RawPhase;
}
