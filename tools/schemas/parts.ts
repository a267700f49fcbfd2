/** The words that schemas are made of; every one wants the description that the schema gives its field. */
import { toJsonSchema } from "@valibot/to-json-schema";
import * as v from "valibot";

export const text = (description: string) => v.pipe(v.string(), v.description(description));
export const textOrNull = (description: string) => v.pipe(v.nullable(v.string()), v.description(description));
export const yesNo = (description: string) => v.pipe(v.boolean(), v.description(description));
export const time = (description: string) => v.pipe(v.string(), v.isoTimestamp(), v.description(description));
export const whole = () => v.pipe(v.number(), v.integer(), v.minValue(0));
export const count = (description: string) => v.pipe(whole(), v.description(description));
export const countOrNull = (description: string) => v.pipe(v.nullable(whole()), v.description(description));
export const seconds = () => v.pipe(v.number(), v.minValue(0));
export const texts = (description: string) => v.pipe(v.array(v.string()), v.description(description));

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
