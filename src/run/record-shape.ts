import { isPlainName } from "../report/index.ts";
import type { StartRecord } from "./start-record.ts";

type Fields = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isIdentity = (value: unknown): boolean =>
  isObject(value) &&
  typeof value["bootId"] === "string" &&
  Number.isSafeInteger(value["pid"]) &&
  Number.isSafeInteger(value["startTicks"]);

const isListOf = (value: unknown, is: (one: unknown) => boolean): boolean => Array.isArray(value) && value.every(is);
const isText = (value: unknown): boolean => typeof value === "string";
const orNull = (value: unknown, is: (one: unknown) => boolean): boolean => value === null || is(value);

const isDirectory = (value: unknown): boolean =>
  isObject(value) && isText(value["path"]) && isListOf(value["controllers"], isText);

/** What must hold of each field that is ever looked into; the rest is only ever copied. */
const fields: Readonly<Record<string, (value: unknown) => boolean>> = {
  job_id: (value) => typeof value === "string" && isPlainName(value),
  mode: (value) => value === "run" || value === "attach",
  corral: isIdentity,
  workload: (value) => orNull(value, isIdentity),
  argv: (value) => isListOf(value, isText),
  start_time: isText,
  begun_ns: (value) => orNull(value, (one) => typeof one === "string" && /^\d+$/.test(one)),
  planned_groups: (value) => isListOf(value, isText),
  groups: (value) => isListOf(value, isDirectory),
  constraints: (value) => isListOf(value, isObject),
  adopted: (value) => isListOf(value, isObject),
  tags: isObject,
  left: (value) => orNull(value, isObject),
  stop_time: (value) => orNull(value, isText),
  warnings: (value) => isListOf(value, isText),
};

/** What is wrong with a parsed start record, in a few words; null when it can be used. */
export function faultOfRecord(value: unknown): string | null {
  if (!isObject(value) || value["schema"] !== "corral.start/1") return "it is not a corral.start/1";
  const bad = Object.entries(fields).find(([name, is]) => !is(value[name]));
  return bad === undefined ? null : `its field ${bad[0]} is not what a start record has there`;
}

/** True for what can be used as a start record; a file of the directory may hold anything. */
export const isStartRecord = (value: unknown): value is StartRecord => faultOfRecord(value) === null;
