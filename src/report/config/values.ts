import * as v from "valibot";
import { nearNames, quote, suggestion } from "../index.ts";

/** What was found instead of what was expected, in few and safe words. */
export function describeFound(value: unknown): string {
  if (typeof value === "string") return quote(value);
  if (value === null || value === undefined) return "nothing";
  if (Array.isArray(value)) return "a list";
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "keys and values";
}

/** A message that completes "<path> …". */
export const expects =
  (what: string) =>
  ({ input }: { readonly input: unknown }): string =>
    `expects ${what}, not ${describeFound(input)}`;

/** A message that completes "<path> …" where one of these words is expected: the one that was meant, else all of them. */
export const expectsWord =
  (words: readonly string[], what = `one of ${words.join(", ")}`) =>
  (issue: { readonly input: unknown }): string => {
    const near = typeof issue.input === "string" ? nearNames(issue.input, words) : [];
    return near.length === 0 ? expects(what)(issue) : `cannot be ${describeFound(issue.input)}${suggestion(near, "")}`;
  };

/** One of these words. @param what completes "expects …", where that is not simply one of them */
export const word = <const W extends readonly string[]>(words: W, what?: string) =>
  v.picklist(words, expectsWord(words, what));

const withheld = new WeakSet<object>();

/** A key that is understood and refused: no list of keys offers it. @returns the same schema */
export function notOffered<T extends v.GenericSchema>(schema: T): T {
  withheld.add(schema);
  return schema;
}

/** Whether lists of keys have one of this schema. */
export function isOffered(schema: object): boolean {
  const wrapped: unknown = Reflect.get(schema, "wrapped");
  return !withheld.has(typeof wrapped === "object" && wrapped !== null ? wrapped : schema);
}

/** Runs a parser over a value as text; its RangeError becomes an issue. */
export const checked = <T extends string | number>(parse: (text: string) => unknown): v.RawCheckAction<T> =>
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    try {
      parse(String(dataset.value));
    } catch (thrown) {
      if (!(thrown instanceof RangeError)) throw thrown;
      addIssue({ message: thrown.message });
    }
  });

export const described = <T extends v.GenericSchema>(schema: T, description: string) =>
  v.pipe(schema, v.description(description));

/** For who writes YAML, where 7, 1.5 and true are no texts without quotes. */
export const yamlAdvice = " (in quotes, where it looks like a number)";

/** A text; YAML reads 7, 1.5 and true as something else, which only quotes make a text. */
export const text = v.string(expects(`a text${yamlAdvice}`));

export const truth = v.boolean(expects("true or false"));

/** A text or a number that a parser takes as text. */
export const written = (what: string, parse: (text: string) => unknown) =>
  v.pipe(v.union([v.string(), v.number()], expects(what)), checked<string | number>(parse));

/** @param what completes "expects … from 1 to 9" */
export function wholeNumber(what: string, min: number, max: number) {
  const message = expects(`${what} from ${min} to ${max}`);
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message));
}

/** One value, or a list of alternatives. */
export const oneOrMany = <T extends v.GenericSchema>(one: T, what: string) =>
  v.union(
    [
      one,
      v.pipe(v.array(one, expects("a list")), v.minLength(1, "needs at least one value; leave the key out instead")),
    ],
    expects(`${what}, or a list of them`),
  );

/** Keys and values, all of them known. */
export const section = <T extends v.ObjectEntries>(entries: T) =>
  v.strictObject(entries, (issue) =>
    // A key that is absent is told by its name; foreign keys are found by findForeignKeys.
    (issue.expected ?? "").startsWith('"') ? "is missing" : expects("keys and values")(issue),
  );
