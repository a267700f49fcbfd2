/**
 * report/schema/: the words that schemas of documents are made of; each wants the description that the schema gives its field.
 * Loads valibot: entered by those who make or read schemas, never on the way of a run.
 */
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
