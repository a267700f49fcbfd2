import type { Limits } from "../../cgroup/index.ts";
import type { Condition } from "../../kernel/match/index.ts";
import type { Intent } from "../../report/index.ts";
import type { ProcessAttributes } from "../spec.ts";

/** How processes are found: by events where the host has them, by events or not at all, or by scans only. */
export const discoveries = ["auto", "events", "scan"] as const;
export type Discovery = (typeof discoveries)[number];

/** How often, and how far apart, a failed attach is tried again; each pause is twice the one before. */
export interface RetryPolicy {
  /** Attempts in all, 1 to 100. */
  readonly attempts: number;
  /** Milliseconds before the second attempt. */
  readonly initialMs: number;
  /** The longest pause in milliseconds. */
  readonly maxMs: number;
}

/** The policy of a file that says nothing of it, as it would be written. */
export const retryDefaults = { attempts: 5, initial: "1s", max: "5m" } as const;

/** One rule, resolved: the defaults and presets are laid under it. Plain data but for the compiled conditions. */
export interface WatchRule {
  /** Unique in its file; the charset of a job id. */
  readonly name: string;
  /** All must hold. */
  readonly match: readonly Condition[];
  /** None may hold, each of which holds when all its keys do. */
  readonly except: readonly (readonly Condition[])[];
  readonly limits: Limits;
  readonly attributes: ProcessAttributes;
  /** Leave the process alone unless every limit is applied. */
  readonly strict: boolean;
  readonly intent: Intent | null;
  readonly slaEligible: boolean;
  readonly tags: Readonly<Record<string, string>>;
  /** Govern its descendants too. */
  readonly tree: boolean;
  /** Leave limits and attributes as they are when the watch ends. */
  readonly keepLimits: boolean;
  /** Move it even out of a container's or a systemd unit's group. */
  readonly forceMove: boolean;
}

/** A configuration of `corral watch`, judged and resolved. */
export interface WatchConfig {
  /** The file it came from, for messages. */
  readonly file: string;
  readonly discovery: Discovery;
  /** Milliseconds from scan to scan, 100 to 3 600 000. */
  readonly scanIntervalMs: number;
  /** `ADDRESS:PORT` or `unix:/PATH` to serve /metrics and /healthz on; null for none. */
  readonly listen: string | null;
  readonly retry: RetryPolicy;
  /** In the order in which they are tried; at least one. */
  readonly rules: readonly WatchRule[];
}
