import { isAbsolute } from "node:path";
import type { Intent } from "../../report/index.ts";
import { intents, isPlainName, plainNameRule, quote } from "../../report/index.ts";
import type { LimitOptions, Settings } from "../settings/index.ts";
import {
  libraryOptions,
  limitSettingsFromOptions,
  overlaySettings,
  parseSettings,
  presetNames,
  presets,
} from "../settings/index.ts";
import type { GovernSpec } from "../spec.ts";
import type { StateDirectories } from "../state-dir.ts";
import { stateDirectories } from "../state-dir.ts";
import { readChoice, readFlag, readRecord, readText, wrong } from "./option-values.ts";
import type { JobOptions } from "./options.ts";

/** Names of the options that every job has. */
export const jobOptionNames = [
  "limits",
  "preset",
  "strict",
  "jobId",
  "tags",
  "intent",
  "slaEligible",
  "cgroupParent",
  "scope",
  "account",
  "stateDirectory",
  "onWarning",
  "signal",
] as const satisfies readonly (keyof JobOptions)[];

/** What a job's options come to. */
export interface JobTermsOfOptions extends GovernSpec {
  readonly jobId: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly intent: Intent | null;
  readonly slaEligible: boolean;
}

function readJobId(value: unknown): string | null {
  const id = readText("jobId", value);
  if (id === undefined) return null;
  if (!isPlainName(id)) throw wrong("jobId", `takes ${plainNameRule}, not ${quote(id)}`);
  return id;
}

/** Limits as they are asked for. @throws CorralError USAGE */
export function readLimits(limits: LimitOptions | undefined, preset: unknown): Settings {
  const named = readChoice("preset", preset, presetNames) ?? "default";
  return parseSettings(overlaySettings(presets[named], limitSettingsFromOptions(limits ?? {})), libraryOptions);
}

/** Judges the options that every job has. @throws CorralError USAGE */
export function readJobOptions(options: JobOptions, accountByDefault: boolean): JobTermsOfOptions {
  if (options.signal !== undefined && !(options.signal instanceof AbortSignal))
    throw wrong("signal", "expects an AbortSignal");
  if (options.onWarning !== undefined && typeof options.onWarning !== "function")
    throw wrong("onWarning", "expects a function");
  return {
    ...readLimits(options.limits, options.preset),
    jobId: readJobId(options.jobId),
    tags: readRecord("tags", options.tags),
    intent: readChoice("intent", options.intent, intents) ?? null,
    slaEligible: readFlag("slaEligible", options.slaEligible, false),
    strict: readFlag("strict", options.strict, false),
    account: readFlag("account", options.account, accountByDefault),
    cgroupParent: readText("cgroupParent", options.cgroupParent) ?? (process.env["CORRAL_CGROUP_PARENT"] || null),
    scope: readChoice("scope", options.scope, ["auto", "cgroupfs", "systemd"]) ?? "auto",
  };
}

/** Where records are kept. @throws CorralError USAGE */
export function directoriesOf(stateDirectory: unknown): StateDirectories {
  const own = readText("stateDirectory", stateDirectory);
  if (own !== undefined && own !== "" && !isAbsolute(own))
    throw wrong("stateDirectory", `must be an absolute path, not ${quote(own)}`);
  const env = own === undefined ? process.env : { CORRAL_STATE_DIR: own };
  return stateDirectories(env, process.getuid?.() ?? 0);
}
