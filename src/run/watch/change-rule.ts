import { noAttributes } from "../spec.ts";
import type { WatchRule } from "./config-types.ts";

/** A job's limits can be changed in place when the new rule sets every limit that the old one set. */
export function canUpdate(before: WatchRule, now: WatchRule): boolean {
  const keeps = (old: object, next: object): boolean =>
    Object.entries(old).every(([name, value]) => value === null || isEmptyList(value) || isSet(next, name));
  return (
    keeps(before.limits, now.limits) &&
    keeps(before.attributes, now.attributes) &&
    before.tree === now.tree &&
    before.keepLimits === now.keepLimits
  );
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

function isSet(settings: object, name: string): boolean {
  const value: unknown = (settings as Readonly<Record<string, unknown>>)[name];
  return value !== undefined && value !== null && !isEmptyList(value);
}

/** Stands for a rule that the configuration no longer has, until its jobs are let go. */
export const orphanRule = (name: string): WatchRule => ({
  name,
  match: [],
  except: [],
  limits: {},
  attributes: noAttributes,
  strict: false,
  intent: null,
  slaEligible: false,
  tags: {},
  tree: true,
  keepLimits: false,
  forceMove: false,
});
