import { linePattern } from "./line-pattern.ts";

/** How the values that come one after the other become one. */
export const takes = ["last", "first", "sum", "min", "max", "count"] as const;
export type Take = (typeof takes)[number];

/** Where a figure comes from. */
export interface MetricSpec {
  readonly name: string;
  readonly stream: "stdout" | "stderr";
  /** Exactly one of these is not null. */
  readonly line: string | null;
  readonly json: readonly (string | number)[] | null;
  readonly take: Take;
}

/**
 * A way into a JSON document: `jobs[0].read.iops`.
 * @throws RangeError whose message completes "<key> …"
 */
export function jsonPath(text: string): readonly (string | number)[] {
  const steps = [...text.matchAll(/(?:^|\.)([^.[\]]+)|\[(\d+)\]/gy)];
  if (text === "" || steps.map(([whole]) => whole).join("") !== text)
    throw new RangeError("expects a way into a JSON document, such as jobs[0].read.iops");
  return steps.map(([, key, index]) => (index === undefined ? (key ?? "") : Number(index)));
}

/** The number at a way into a document; null: there is none. */
export function numberIn(document: unknown, path: readonly (string | number)[]): number | null {
  let value: unknown = document;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return null;
    value = (value as Readonly<Record<string | number, unknown>>)[step];
  }
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** What a value makes of what there was. */
export function fold(take: Take, before: number | undefined, value: number): number {
  if (take === "count") return (before ?? 0) + 1;
  if (before === undefined || take === "last") return value;
  if (take === "sum") return before + value;
  if (take === "min") return Math.min(before, value);
  return take === "max" ? Math.max(before, value) : before;
}

/** Reads one line for one figure; undefined: it does not come from lines. */
export const lineReader = ({ line }: MetricSpec): ((text: string) => number | null) | null =>
  line === null ? null : linePattern(line);
