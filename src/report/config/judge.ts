import * as v from "valibot";
import { nearNames, quote, suggestion } from "../index.ts";
import type { ConfigPath } from "./document.ts";
import { expects, isOffered } from "./values.ts";

/** One thing that is wrong with a value. */
export interface ConfigIssue {
  readonly path: ConfigPath;
  /** Whether the value is wrong or the key that leads to it. */
  readonly at: "value" | "key";
  /** A whole sentence. */
  readonly message: string;
}

/** A path for people: `rules[2].limits.cpu-quota`. */
export function pathName(path: ConfigPath): string {
  const name = path
    .map((step) => (typeof step === "number" ? `[${step}]` : `.${/^[\w-]+$/.test(step) ? step : quote(step)}`))
    .join("");
  return name === "" ? "the file" : name.replace(/^\./, "");
}

/** The parts of a schema that a walk beside it needs. */
interface Shape {
  readonly type: string;
  readonly entries?: Readonly<Record<string, Shape>>;
  readonly wrapped?: Shape;
  readonly item?: Shape;
  readonly getter?: (value: unknown) => Shape;
  readonly options?: readonly Shape[];
}

/** The keys that were meant, else all that there are. */
const unknownKey = (key: string, known: readonly string[]): string =>
  `is not a key here${suggestion(nearNames(key, known), `these are: ${known.join(", ")}`)}`;

/** Names that mean something to JavaScript, which the schema library skips. */
const unsafeKeys: readonly string[] = ["__proto__", "prototype", "constructor"];

/** Of alternatives the only one that a list, or that keys and values can be. */
function alternativeFor(options: readonly Shape[], value: unknown): Shape | undefined {
  const fitting = options.filter(({ item, entries }) => (Array.isArray(value) ? item : entries) !== undefined);
  return fitting.length === 1 ? fitting[0] : undefined;
}

const offered = (entries: Readonly<Record<string, Shape>>): readonly string[] =>
  Object.entries(entries)
    .filter(([, shape]) => isOffered(shape))
    .map(([key]) => key);

/** Keys that no schema knows, all of them (the schema library stops at the first), and lists where keys should be. */
function findForeignKeys(shape: Shape, value: unknown, path: ConfigPath): readonly ConfigIssue[] {
  if (shape.wrapped !== undefined) return findForeignKeys(shape.wrapped, value, path);
  if (shape.getter !== undefined) return findForeignKeys(shape.getter(value), value, path);
  const alternative = shape.options === undefined ? undefined : alternativeFor(shape.options, value);
  if (alternative !== undefined) return findForeignKeys(alternative, value, path);
  const { item, entries } = shape;
  if (typeof value !== "object" || value === null) return [];
  if (item !== undefined) {
    return Array.isArray(value) ? value.flatMap((one, index) => findForeignKeys(item, one, [...path, index])) : [];
  }
  if (entries === undefined && shape.type !== "record") return [];
  if (Array.isArray(value)) return [{ path, at: "value", message: expects("keys and values")({ input: value }) }];
  return Object.entries(value).flatMap(([key, one]): readonly ConfigIssue[] => {
    const here = [...path, key];
    if (entries === undefined) {
      return unsafeKeys.includes(key) ? [{ path: here, at: "key", message: "is not a name that can be used" }] : [];
    }
    const inner = Object.hasOwn(entries, key) ? entries[key] : undefined;
    if (inner !== undefined) return findForeignKeys(inner, one, here);
    return [{ path: here, at: "key", message: unknownKey(key, offered(entries)) }];
  });
}

const stepsOf = (issue: v.BaseIssue<unknown>): ConfigPath =>
  (issue.path ?? []).map(({ key }) => (typeof key === "number" ? key : String(key)));

/** Keys that a list would need to be the alternative that it is not. */
const isKeyOfList = ({ type, input }: v.IssuePathItem): boolean => type === "object" && Array.isArray(input);

/** Of alternatives none of which fits, the mistakes deep inside one say more than that none fits. */
function flatten(issue: v.BaseIssue<unknown>, above: ConfigPath = []): readonly ConfigIssue[] {
  const path = [...above, ...stepsOf(issue)];
  const inside = (issue.issues ?? []).filter(({ path: at }) => at !== undefined && !isKeyOfList(at[0]));
  if (inside.length > 0) return inside.flatMap((one) => flatten(one, path));
  return [{ path, at: "value", message: issue.message }];
}

/** Whether a path lies at another or below it. */
export const isWithin = (path: ConfigPath, above: ConfigPath): boolean =>
  above.every((step, index) => path[index] === step);

/** Judges the values of a file by its schema, each for itself. */
export function judgeValues(schema: v.GenericSchema, value: unknown): readonly ConfigIssue[] {
  const foreign = findForeignKeys(schema, value, []);
  const misplaced = foreign.filter(({ at }) => at === "value");
  const { issues = [] } = v.safeParse(schema, value);
  const told = foreign.map(({ path }) => pathName(path));
  const others = issues
    .filter(({ expected }) => expected !== "never")
    .flatMap((issue) => flatten(issue))
    .filter(({ path }) => !misplaced.some((one) => isWithin(path, one.path)) && !told.includes(pathName(path)));
  return [...foreign, ...others].map((one) => ({ ...one, message: `${pathName(one.path)} ${one.message}` }));
}
