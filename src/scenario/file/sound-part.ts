import type { ConfigPath } from "../../report/config/index.ts";
import { judgeValues } from "../../report/config/index.ts";
import type { Scenario } from "../model/index.ts";
import { camelKeys, snakePath } from "./keys.ts";
import { scenarioSchema } from "./scenario-schema.ts";

/** What is left of a scenario when every value that is wrong by itself is left out. */
export interface SoundPart {
  readonly scenario: Scenario;
  /** Where in the whole of it a part stands. */
  readonly placeOf: (path: ConfigPath) => ConfigPath;
  /** Places of what was left out, by a file's keys. */
  readonly removed: readonly ConfigPath[];
  /** Every text in that: what it names may be missing for no other reason. */
  readonly lost: ReadonlySet<string>;
}

/** More than anything is nested: each round takes away what holds a value that the one before took away. */
const mostRounds = 30;

/** Lists whose items can be left out, and the scenario is one all the same. */
const spareLists: readonly (string | number | undefined)[] = [
  ...["ops", "setup", "cgroups", "works", "payloads", "expect", "checks", "metrics", "groups", "boost", "share_of"],
  ...["mpol_flags", "include_files", "known_flags"],
];

/** Places of what a list had before. */
type Origins = WeakMap<object, readonly number[]>;

const keyOf = (path: ConfigPath): string => JSON.stringify(path);

/** What has a place of its own, and what stands at it. */
const childrenOf = (value: unknown): readonly (readonly [string | number, unknown])[] => {
  if (Array.isArray(value)) return value.map((one, at) => [at, one] as const);
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
};

/** A copy without what stands at some places. */
function without(value: unknown, removed: ReadonlySet<string>, origins: Origins, path: ConfigPath = []): unknown {
  if (typeof value !== "object" || value === null) return value;
  const kept = childrenOf(value).filter(([step]) => !removed.has(keyOf([...path, step])));
  const copies = kept.map(([step, one]) => [step, without(one, removed, origins, [...path, step])] as const);
  if (!Array.isArray(value)) return Object.fromEntries(copies);
  const list = copies.map(([, one]) => one);
  origins.set(
    list,
    kept.map(([step]) => Number(step)),
  );
  return list;
}

const childAt = (value: unknown, step: string | number): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, step) : undefined;

const valueAt = (value: unknown, path: ConfigPath): unknown => path.reduce(childAt, value);

/** A path in a copy as one in what it was made of. */
function originOf(copy: unknown, origins: Origins, path: ConfigPath): ConfigPath {
  const steps: (string | number)[] = [];
  let node = copy;
  for (const step of path) {
    const list = typeof node === "object" && node !== null ? origins.get(node) : undefined;
    steps.push(typeof step === "number" ? (list?.[step] ?? step) : step);
    node = childAt(node, step);
  }
  return steps;
}

/** The nearest place, upwards from one, that a scenario can do without; null: none. */
function sparePlace(path: ConfigPath): ConfigPath | null {
  const last = path.at(-1);
  if (last === undefined || last === "steps") return null;
  return typeof last === "string" || spareLists.includes(path.at(-2)) ? path : sparePlace(path.slice(0, -1));
}

function textsIn(value: unknown): readonly string[] {
  return typeof value === "string" ? [value] : childrenOf(value).flatMap(([, one]) => textsIn(one));
}

/** What every scenario has; it matters to nothing else what they are. */
const needed = { version: 1, name: "unnamed" } as const;

/**
 * Leaves out what is wrong by itself, and then what is wrong without that, until the rest is sound.
 * @param whole values as a file spells them
 * @returns null: nothing is left that could be gone through
 */
export function soundPart(whole: unknown): SoundPart | null {
  if (typeof whole !== "object" || whole === null || Array.isArray(whole)) return null;
  const removed = new Map<string, ConfigPath>();
  for (let round = 0; round < mostRounds; round += 1) {
    const origins: Origins = new WeakMap();
    const rest = { ...needed, ...(without(whole, new Set(removed.keys()), origins) as object) };
    const issues = judgeValues(scenarioSchema, rest);
    if (issues.length === 0) {
      const places = [...removed.values()];
      return {
        scenario: camelKeys(rest) as Scenario,
        placeOf: (path) => {
          const origin = originOf(rest, origins, snakePath(path));
          return path.map((step, at) => (typeof step === "number" ? (origin[at] ?? step) : step));
        },
        removed: places,
        lost: new Set(places.flatMap((path) => textsIn(valueAt(whole, path)))),
      };
    }
    for (const { path } of issues) {
      // What is missing cannot be left out: what should have it can.
      const nearest = sparePlace(valueAt(rest, path) === undefined ? path.slice(0, -1) : path);
      if (nearest === null) return null;
      const place = originOf(rest, origins, nearest);
      removed.set(keyOf(place), place);
    }
  }
  return null;
}
