import { createHash } from "node:crypto";
import type { ProcessIdentity } from "../../kernel/index.ts";
import type { AttachSpec } from "../attach/index.ts";
import { withJobLock } from "../job-lock.ts";
import { recordsOf } from "../records.ts";
import type { StartRecord } from "../start-record.ts";
import type { StateDirectories } from "../state-dir.ts";
import type { WatchRule } from "./config-types.ts";

/** Tags by which a later watch knows its jobs again. */
const ruleTag = "corral.rule";
const settingsTag = "corral.rule_settings";

const fingerprint = (value: unknown): string =>
  createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 16);

/** Everything of a rule that shapes its jobs, as a short fingerprint: equal ones need no change. */
export function settingsOf(rule: WatchRule): string {
  const { limits, attributes, strict, intent, slaEligible, tags, tree, keepLimits } = rule;
  return fingerprint({ limits, attributes, strict, intent, slaEligible, tags, tree, keepLimits });
}

/** What a rule asks of processes, as a short fingerprint. */
export function matchOf({ match, except }: WatchRule): string {
  const written = (conditions: WatchRule["match"]): unknown => conditions.map(({ key, wanted }) => [key, wanted]);
  return fingerprint({ match: written(match), except: except.map(written) });
}

/** The attach that a rule makes of a process. */
export function attachSpecOf(rule: WatchRule, target: ProcessIdentity, cgroupParent: string | null): AttachSpec {
  const { limits, attributes, strict, intent, slaEligible, tree, keepLimits, forceMove } = rule;
  return {
    target,
    jobId: null,
    ...{ limits, attributes, strict, intent, slaEligible, tree, keepLimits, forceMove },
    tags: { ...rule.tags, [ruleTag]: rule.name },
    cgroupParent,
    scope: "auto",
    account: false,
  };
}

/**
 * Puts on record that a rule's limits stand on a job whole, and what else the rule says of its jobs. Until then a watch
 * that is killed leaves a job whose rule is known and whose settings are not.
 */
export function recordRule(directories: StateDirectories, jobId: string, rule: WatchRule): Promise<void> {
  return withJobLock(directories, jobId, () => {
    const records = recordsOf(directories, jobId);
    const record = records.current();
    // It may have ended meanwhile.
    if (record === null) return;
    const { intent, strict, slaEligible: sla_eligible } = rule;
    const tags = { ...rule.tags, [ruleTag]: rule.name, [settingsTag]: `${settingsOf(rule)}-${matchOf(rule)}` };
    records.update({ ...record, intent, strict, sla_eligible, tags });
  });
}

/** The rule that made a job, as its record names it. */
export interface MadeBy {
  readonly rule: string;
  /** Empty while its limits do not stand whole. */
  readonly settings: string;
  readonly match: string;
}

/** Null for a job that no watch made. */
export function ruleOfRecord({ tags }: Pick<StartRecord, "tags">): MadeBy | null {
  const rule = tags[ruleTag];
  if (rule === undefined) return null;
  const [settings = "", match = ""] = (tags[settingsTag] ?? "").split("-");
  return { rule, settings, match };
}
