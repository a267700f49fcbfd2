import type { ConfigIssue, ConfigPath } from "../../report/config/index.ts";
import type { RawGuardConfig, RawPlacement, RawSession, RawTenant } from "./config-schema.ts";

/** An entry of a list with its place, which stays what it was when others are left out. */
export type Indexed<T> = readonly [index: number, entry: T];

type Lists = "sessions" | "tenants" | "placement";

/** What is sound in a file, entry by entry. */
export interface SoundGuardConfig extends Omit<Partial<RawGuardConfig>, Lists> {
  readonly sessions: readonly Indexed<RawSession>[];
  readonly tenants: readonly Indexed<RawTenant>[];
  readonly placement: readonly Indexed<RawPlacement>[];
  /** Names of all sessions as they are written, also of those with mistakes; null: what is written is no list. */
  readonly sessionNames: readonly string[] | null;
}

/** Without these an entry means nothing, or something else. */
const neededKeys: Readonly<Record<Lists, readonly string[]>> = {
  sessions: ["name", "user", "uid"],
  tenants: ["user", "uid"],
  placement: ["name", "session", "match", "except"],
};

const isKeyed = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** A section without what is wrong in it. The keys of `tools` do not depend on each other; those of other sections may. */
function withoutWrong(keyed: Record<string, unknown>, wrong: readonly ConfigPath[]): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(keyed).flatMap(([key, value]): readonly (readonly [string, unknown])[] => {
      const here = wrong.filter(([first]) => first === key).map(([, ...inner]) => inner);
      if (here.length === 0) return [[key, value]];
      if (key !== "tools" || !isKeyed(value) || here.some(({ length }) => length === 0)) return [];
      return [[key, withoutWrong(value, here)]];
    }),
  );
}

/** The entries of a list whose needed keys are sound, each without its keys that are not. */
function soundEntries(value: unknown, list: Lists, wrong: readonly ConfigPath[]): readonly Indexed<never>[] {
  if (!Array.isArray(value) || wrong.some((path) => path.length === 1 && path[0] === list)) return [];
  return value.flatMap((entry: unknown, index): readonly Indexed<never>[] => {
    const here = wrong.filter(([first, second]) => first === list && second === index).map((path) => path.slice(2));
    const isLost = here.some(([key]) => key === undefined || neededKeys[list].includes(String(key)));
    return isLost || !isKeyed(entry) ? [] : [[index, withoutWrong(entry, here) as never]];
  });
}

/**
 * What is left of a file without its values that are wrong by themselves, so that mistakes between the others are told in the
 * same reading.
 */
export function soundPart(value: unknown, issues: readonly ConfigIssue[]): SoundGuardConfig {
  const file = isKeyed(value) ? value : {};
  const wrong = issues.map(({ path }) => path);
  return {
    ...withoutWrong(file, wrong),
    sessions: soundEntries(file["sessions"], "sessions", wrong),
    tenants: soundEntries(file["tenants"], "tenants", wrong),
    placement: soundEntries(file["placement"], "placement", wrong),
    sessionNames: namesOf(file["sessions"] ?? []),
  };
}

function namesOf(sessions: unknown): readonly string[] | null {
  if (!Array.isArray(sessions)) return null;
  return sessions.flatMap((one: unknown) => (isKeyed(one) && typeof one["name"] === "string" ? [one["name"]] : []));
}
