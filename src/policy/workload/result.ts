import type { LatencyFigures } from "../../report/index.ts";

/** What a JSON document, or a line of text, tells of a run: names in order. */
export type ResultField = readonly [name: string, value: string | number | boolean | null];

/** Milliseconds as the original has them: six decimals. */
export const elapsed = (ms: number): number => Math.round(ms * 1e6) / 1e6;

/** Latencies as fields. */
export const latencyFields = (figures: LatencyFigures): readonly ResultField[] => [
  ["latency_count", figures.count],
  ["latency_p50_us", figures.p50_us],
  ["latency_p90_us", figures.p90_us],
  ["latency_p99_us", figures.p99_us],
  ["latency_p999_us", figures.p999_us],
  ["latency_max_us", figures.max_us],
];

/** One line of JSON, its keys in the order of the fields. */
export const toJson = (fields: readonly ResultField[]): string => `${JSON.stringify(Object.fromEntries(fields))}\n`;

const word = (value: ResultField[1]): string =>
  typeof value === "string" && /[\s="]/.test(value) ? JSON.stringify(value) : String(value ?? "-");

/** One line of `key=value`. */
export const toText = (fields: readonly ResultField[]): string =>
  `${fields.map(([name, value]) => `${name}=${word(value)}`).join(" ")}\n`;
