import * as v from "valibot";
import { expects, section } from "../../report/config/index.ts";
import type { OneOf } from "../model/index.ts";

type Optional<T extends v.ObjectEntries> = { [K in keyof T]: v.ExactOptionalSchema<T[K], undefined> };
type Chosen<T extends v.ObjectEntries> = OneOf<{ [K in keyof T]: v.InferOutput<T[K]> }>;

/** Exactly one of these keys. @param what completes "needs one of …" */
export function oneKey<T extends v.ObjectEntries>(entries: T): v.GenericSchema<Chosen<T>> {
  const names = Object.keys(entries);
  const optional = Object.fromEntries(
    Object.entries(entries).map(([key, schema]) => [key, v.exactOptional(schema as v.GenericSchema)]),
  ) as Optional<T>;
  const schema = v.pipe(
    section(optional),
    v.check(
      (value) => Object.keys(value).length === 1,
      ({ input }) => {
        const found = Object.keys(input);
        const wanted = `needs exactly one of ${names.join(", ")}`;
        return found.length === 0 ? wanted : `${wanted}, not ${found.join(" and ")}`;
      },
    ),
  );
  return schema;
}

const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** What could have been meant by a word: the same but for capitals and underscores. */
const nearest = (names: readonly string[], found: unknown): string | undefined =>
  typeof found === "string" ? names.find((name) => plain(name) === plain(found)) : undefined;

/** One of these words, or exactly one of these keys. */
export const wordOrKey = <const W extends readonly string[], T extends v.ObjectEntries>(
  words: W,
  entries: T,
): v.GenericSchema<W[number] | Chosen<T>> => {
  const keys = Object.keys(entries);
  const same = words.every((word) => keys.includes(word));
  const all = same
    ? `one of these, as a word or as a key: ${keys.join(", ")}`
    : `${words.join(", ")}, or one of these keys: ${keys.join(", ")}`;
  const message = (issue: { readonly input: unknown }): string => {
    const near = nearest([...words, ...keys], issue.input);
    return near === undefined ? expects(all)(issue) : `has another spelling: ${near}`;
  };
  return v.union([v.picklist(words, message), oneKey(entries)], message);
};
