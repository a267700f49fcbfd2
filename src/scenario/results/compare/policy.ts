import * as v from "valibot";
import { CorralError, quote } from "../../../report/index.ts";
import { runMetricNames } from "../../metrics/index.ts";
import type { ComparePolicy } from "./compare.ts";

const percent = v.pipe(v.number(), v.finite(), v.minValue(0));

const policySchema = v.strictObject({
  default_percent: v.optional(percent),
  per_metric_percent: v.optional(v.record(v.string(), percent)),
});

/**
 * `{"default_percent": 10, "per_metric_percent": {"worst_gap_ms": 50}}`: how large a change of a metric must be, in percent.
 * @throws CorralError CONFIG for what is none, for metrics that nobody knows, and for negative numbers
 */
export function parseComparePolicy(text: string, file: string): ComparePolicy {
  const wrong = (found: string): CorralError =>
    new CorralError("CONFIG", `${quote(file)} is no policy of comparisons: ${found}`, {
      object: file,
      found,
      fix: "write an object with default_percent and per_metric_percent",
    });
  const value = readJson(text, wrong);
  if (Array.isArray(value)) throw wrong("it is a list");
  const { success, output, issues } = v.safeParse(policySchema, value);
  if (!success) throw wrong(`${v.getDotPath(issues[0]) ?? "it"}: ${issues[0].message}`);
  const perMetric = output.per_metric_percent ?? {};
  const unknown = Object.keys(perMetric).find((name) => !isKnown(name));
  if (unknown !== undefined) throw wrong(`no metric is called ${quote(unknown)}`);
  return {
    share: output.default_percent === undefined ? null : output.default_percent / 100,
    shares: Object.fromEntries(Object.entries(perMetric).map(([name, share]) => [name, share / 100])),
  };
}

/** Metrics of payloads have names of their own, with a slash. */
const isKnown = (name: string): boolean => name.includes("/") || (runMetricNames as readonly string[]).includes(name);

function readJson(text: string, wrong: (found: string) => CorralError): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (thrown) {
    throw wrong(thrown instanceof Error ? thrown.message : String(thrown));
  }
}
