import type { Fits } from "../../report/index.ts";
import { nameGlob, parseDurationMs, pathGlob, pathPrefix, textGlob } from "../../report/index.ts";
import { lookUpUser } from "../user-lookup.ts";
import type { MatchSubject } from "./subject.ts";

/** The keys of a `match` or an `except`, as they are written. */
export interface RawMatch {
  readonly comm?: OneOrMany<string> | undefined;
  readonly min_age?: string | number | undefined;
  readonly max_age?: string | number | undefined;
  readonly uid?: OneOrMany<number> | undefined;
  readonly user?: OneOrMany<string> | undefined;
  readonly argv?: OneOrMany<string> | undefined;
  readonly cgroup?: OneOrMany<string> | undefined;
  readonly exe?: OneOrMany<string> | undefined;
  readonly cwd?: OneOrMany<string> | undefined;
  readonly parent?: OneOrMany<string> | undefined;
}

type OneOrMany<T> = T | readonly T[];
type Written = string | number;

export type MatchKey = keyof RawMatch;

/** What a key finds: true, false, or null where the process hides what it asks for. */
type Finding = boolean | null;

/** One key of a rule, ready to be held against processes. */
export interface Condition {
  readonly key: MatchKey;
  /** The value as it was written; several are alternatives. */
  readonly wanted: readonly Written[];
  readonly holds: (subject: MatchSubject) => Finding;
  /** What the process has there, for people. */
  readonly found: (subject: MatchSubject) => string | null;
}

interface KeyDefinition {
  /** @throws RangeError whose message completes "<key> …" */
  readonly compile: (written: Written) => (subject: MatchSubject) => Finding;
  readonly found: (subject: MatchSubject) => string | null;
}

/** A key whose fact is one value. */
function keyOf<T extends Written>(
  read: (subject: MatchSubject) => T | null,
  compile: (written: Written) => (fact: T) => boolean,
): KeyDefinition {
  return {
    compile: (written) => {
      const fits = compile(written);
      return (subject) => {
        const fact = read(subject);
        return fact === null ? null : fits(fact);
      };
    },
    found: (subject) => read(subject)?.toString() ?? null,
  };
}

const text =
  (compile: (pattern: string) => Fits) =>
  (written: Written): Fits =>
    compile(String(written));

const ageKey = (holds: (ageMs: number, limitMs: number) => boolean): KeyDefinition =>
  keyOf(
    (subject) => subject.ageSec(),
    (written) => {
      const limitMs = parseDurationMs(String(written));
      return (sec) => holds(sec * 1000, limitMs);
    },
  );

/** A pattern with a slash is for the parent's program, one without for its name. */
function parentPattern(written: Written): (subject: MatchSubject) => Finding {
  const pattern = String(written);
  const fits = pattern.includes("/") ? pathGlob(pattern) : nameGlob(pattern);
  const read = pattern.includes("/") ? "exe" : "comm";
  return (subject) => {
    const fact = subject.parent()?.[read]() ?? null;
    return fact === null ? null : fits(fact);
  };
}

function groupPattern(written: Written): (subject: MatchSubject) => Finding {
  const fits = pathGlob(String(written));
  return (subject) => subject.groups()?.some(fits) ?? null;
}

/** Every key, the cheapest fact first: a rule asks in this order and stops at the first that does not hold. */
export const matchKeys: Readonly<Record<MatchKey, KeyDefinition>> = {
  comm: keyOf((subject) => subject.comm(), text(nameGlob)),
  min_age: ageKey((ageMs, limitMs) => ageMs >= limitMs),
  max_age: ageKey((ageMs, limitMs) => ageMs <= limitMs),
  uid: keyOf(
    (subject) => subject.uid(),
    (written) => (uid) => uid === written,
  ),
  user: keyOf(
    (subject) => subject.uid(),
    (written) => {
      const user = lookUpUser(String(written));
      return (uid) => uid === user.uid;
    },
  ),
  argv: keyOf((subject) => subject.argv(), text(textGlob)),
  cgroup: { compile: groupPattern, found: (subject) => subject.groups()?.join(", ") ?? null },
  exe: keyOf((subject) => subject.exe(), text(pathGlob)),
  cwd: keyOf((subject) => subject.cwd(), text(pathPrefix)),
  parent: {
    compile: parentPattern,
    found: (subject) => subject.parent()?.exe() ?? subject.parent()?.comm() ?? null,
  },
};

export const matchKeyNames = Object.keys(matchKeys) as readonly MatchKey[];

/** True when one is, else null when one is: a hidden fact might have been what was asked for. */
const anyOf = (findings: Iterable<Finding>): Finding => {
  let result: Finding = false;
  for (const finding of findings) {
    if (finding === true) return true;
    if (finding === null) result = null;
  }
  return result;
};

/** Compiles the keys of a `match` or an `except`. @throws RangeError for a value that is wrong */
export function compileMatch(raw: RawMatch): readonly Condition[] {
  return matchKeyNames.flatMap((key): Condition[] => {
    const written = raw[key];
    if (written === undefined) return [];
    const wanted: readonly Written[] = typeof written === "object" ? written : [written];
    const { compile, found } = matchKeys[key];
    const tests = wanted.map(compile);
    const [only] = tests;
    const holds = (subject: MatchSubject): Finding => anyOf(tests.map((one) => one(subject)));
    return [{ key, wanted, holds: tests.length === 1 && only !== undefined ? only : holds, found }];
  });
}
