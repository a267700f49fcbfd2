import { quote } from "../../../report/index.ts";
import type { PayloadOutput, Polarity } from "../../model/index.ts";
import type { PayloadMetricValue } from "../../record/index.ts";
import { firstJson } from "./first-json.ts";
import { jsonLeaves } from "./json-leaves.ts";

/** A metric as written or resolved. */
interface Metric {
  readonly name: string;
  readonly polarity?: Polarity;
  readonly unit?: string | null;
  readonly pattern?: string | null;
}

/** What is read of a payload, as written or resolved. */
export interface ReadablePayload {
  readonly output?: PayloadOutput;
  readonly metrics?: readonly Metric[];
}

/** All that a payload printed. */
export interface PayloadTexts {
  readonly stdout: string;
  readonly stderr: string;
}

export interface ReadMetrics {
  readonly metrics: readonly PayloadMetricValue[];
  /** What could not be read, one line each. */
  readonly problems: readonly string[];
}

interface Found {
  readonly values: ReadonlyMap<string, number>;
  readonly problems: readonly string[];
}

type Reader = (metrics: readonly Metric[], text: string) => Found;

const readers: Readonly<Record<"json" | "regex", Reader>> = { json: readJson, regex: readPatterns };

/**
 * The metrics of a payload, of stdout; of stderr when stdout has none; the two are never mixed. Output that cannot be read
 * has no metrics, and says why: checks that want one fail.
 */
export function readMetrics(payload: ReadablePayload, texts: PayloadTexts): ReadMetrics {
  const { output = "exit_code", metrics = [] } = payload;
  if (output === "exit_code") return { metrics: [], problems: [] };
  const read = readers[output];
  const first = read(metrics, texts.stdout);
  const stream = first.values.size > 0 || texts.stderr.trim() === "" ? "stdout" : "stderr";
  const { values, problems } = stream === "stdout" ? first : read(metrics, texts.stderr);
  const declared = new Map(metrics.map((metric) => [metric.name, metric]));
  return {
    metrics: [...values].map(([name, value]) => ({
      name,
      value,
      polarity: declared.get(name)?.polarity ?? "unknown",
      unit: declared.get(name)?.unit ?? "",
      source: declared.has(name) ? "declared" : "found",
      stream,
    })),
    problems,
  };
}

function readJson(_: readonly Metric[], text: string): Found {
  const document = firstJson(text);
  if (document !== undefined) return jsonLeaves(document);
  return { values: new Map(), problems: ["it printed no JSON document"] };
}

function readPatterns(metrics: readonly Metric[], text: string): Found {
  const values = new Map<string, number>();
  const problems: string[] = [];
  for (const { name, pattern } of metrics) {
    const number = pattern == null ? "it has no pattern" : matchNumber(pattern, text);
    if (typeof number === "number") values.set(name, number);
    else problems.push(`metric ${quote(name)}: ${number}`);
  }
  return { values, problems };
}

/** The number in the first group of the first match, or why there is none. Lines have begins and ends of their own. */
function matchNumber(pattern: string, text: string): number | string {
  try {
    const [, group] = new RegExp(pattern, "m").exec(text) ?? [];
    if (group === undefined) return `nothing fits ${quote(pattern)}`;
    const number = group.trim() === "" ? Number.NaN : Number(group);
    return Number.isFinite(number) ? number : `${quote(group)} is no number`;
  } catch (thrown) {
    if (!(thrown instanceof SyntaxError)) throw thrown;
    return `${quote(pattern)} is no regular expression`;
  }
}

const tailBytes = 4096;

/** The end of a text that a record keeps: at most 4 KiB of whole characters. */
export const tailOf = (text: string): string =>
  text.length <= tailBytes && Buffer.byteLength(text) <= tailBytes
    ? text
    : Buffer.from(text)
        .subarray(-tailBytes)
        .toString("utf8")
        .replace(/^\uFFFD+/, "");
