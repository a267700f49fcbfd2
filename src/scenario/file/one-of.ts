import * as v from "valibot";
import { expectsWord, isOffered, section } from "../../report/config/index.ts";
import type { OneOf } from "../model/index.ts";

type Optional<T extends v.ObjectEntries> = { [K in keyof T]: v.ExactOptionalSchema<T[K], undefined> };
type Chosen<T extends v.ObjectEntries> = OneOf<{ [K in keyof T]: v.InferOutput<T[K]> }>;

const offeredKeys = (entries: v.ObjectEntries): readonly string[] =>
  Object.entries(entries)
    .filter(([, schema]) => isOffered(schema))
    .map(([key]) => key);

/** Exactly one of these keys. @param what completes "needs one of …" */
export function oneKey<T extends v.ObjectEntries>(entries: T): v.GenericSchema<Chosen<T>> {
  const names = offeredKeys(entries);
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

/** One of these words, or exactly one of these keys. */
export const wordOrKey = <const W extends readonly string[], T extends v.ObjectEntries>(
  words: W,
  entries: T,
): v.GenericSchema<W[number] | Chosen<T>> => {
  const keys = offeredKeys(entries);
  const offered = words.filter((word) => keys.includes(word) || !(word in entries));
  const same = offered.every((word) => keys.includes(word));
  const all = same
    ? `one of these, as a word or as a key: ${keys.join(", ")}`
    : `${offered.join(", ")}, or one of these keys: ${keys.join(", ")}`;
  const message = expectsWord([...new Set([...offered, ...keys])], all);
  return v.union([v.picklist(words, message), oneKey(entries)], message);
};
