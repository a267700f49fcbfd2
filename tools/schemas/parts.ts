/** What the schemas of documents have in common, beside the words of report/schema. */
import { toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";
import {
  count,
  countOrNull,
  seconds,
  text,
  textOrNull,
  texts,
  time,
  whole,
  yesNo,
} from "../../src/report/schema/index.ts";

export { count, countOrNull, seconds, text, textOrNull, texts, time, whole, yesNo };

const figure = (what: string) =>
  v.pipe(v.nullable(seconds()), v.description(`${what}, microseconds; null without any.`));
/** A distribution of durations, as `LatencyFigures` has it. */
export const latency = (description: string) =>
  v.pipe(
    v.strictObject({
      count: count("How many were measured."),
      p50_us: figure("Median"),
      p90_us: figure("90th percentile"),
      p99_us: figure("99th percentile"),
      p999_us: figure("99.9th percentile"),
      max_us: figure("Longest"),
      mean_us: figure("Mean"),
    }),
    v.description(description),
  );

/** A type without readonly and brands, at every depth, so that two spellings of one shape compare equal. */
type Plain<T> = T extends number
  ? T extends object
    ? number
    : T
  : T extends string | boolean | null | undefined
    ? T
    : { -readonly [K in keyof T]: Plain<T[K]> };
type Equal<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
/** `true` when a schema and a type of the code say the same; assigning true to it fails to compile when they differ. */
export type Proof<Schema extends v.GenericSchema, Type> = Equal<Plain<v.InferOutput<Schema>>, Plain<Type>>;

export const describe = (title: string, schema: v.GenericSchema): object => {
  const { $schema = "http://json-schema.org/draft-07/schema#", ...rest } = toJsonSchema(schema);
  return { $schema, title, ...rest };
};
