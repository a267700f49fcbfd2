import type { WatchRule } from "./config-types.ts";

/** A job's limits can be changed in place when the new rule sets every limit that the old one set. */
export function canUpdate(before: WatchRule, now: WatchRule): boolean {
  const keeps = (old: object, next: object): boolean =>
    Object.entries(old).every(([name, value]) => value === null || isEmptyList(value) || isSet(next, name));
  return (
    keeps(before.limits, now.limits) &&
    keeps(before.attributes, now.attributes) &&
    keepsRlimits(before, now) &&
    before.tree === now.tree &&
    before.keepLimits === now.keepLimits
  );
}

const isEmptyList = (value: unknown): boolean => Array.isArray(value) && value.length === 0;

function isSet(settings: object, name: string): boolean {
  const value: unknown = (settings as Readonly<Record<string, unknown>>)[name];
  return value !== undefined && value !== null && !isEmptyList(value);
}

/** Each resource is a limit of its own. */
const keepsRlimits = (before: WatchRule, now: WatchRule): boolean =>
  before.attributes.rlimits.every((one) => now.attributes.rlimits.some(({ resource }) => resource === one.resource));
