import { quote } from "../../report/index.ts";
import type { AttemptRecord, PolicySummary } from "../records/index.ts";
import { attemptSchema, columns, spellings, summarySchema } from "../records/index.ts";

/** What one line of a JSONL file is. */
export type JsonLine =
  | { readonly kind: "attempt"; readonly record: AttemptRecord }
  | { readonly kind: "end"; readonly summary: PolicySummary };

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Told below.
  }
  throw new RangeError("is no JSON object");
}

/**
 * Reads one line of a JSONL file.
 * @throws RangeError that says what is wrong with it
 */
export function readJsonLine(text: string): JsonLine {
  const value = parse(text);
  if (value["schema"] === summarySchema) return { kind: "end", summary: value as unknown as PolicySummary };
  if (value["schema"] !== attemptSchema) throw new RangeError(`is neither ${attemptSchema} nor ${summarySchema}`);
  for (const { name, kind } of columns) {
    if (!Object.hasOwn(value, name)) throw new RangeError(`has no ${name}`);
    if (!spellings[kind].accepts(value[name]))
      throw new RangeError(`has a wrong ${name}: ${quote(JSON.stringify(value[name]))}`);
  }
  return { kind: "attempt", record: value as unknown as AttemptRecord };
}
