import * as v from "valibot";
import { CorralError, quote } from "../../../report/index.ts";
import { shown } from "../words.ts";
import type { ScenarioDocument } from "./schema.ts";
import { scenarioDocumentSchema } from "./schema.ts";

/**
 * The documents of a text: one, or a list of those of repeats.
 * @param file what messages call it
 * @throws CorralError CONFIG when it is neither
 */
export function parseScenarioDocuments(text: string, file: string): ScenarioDocument[] {
  const value = parseJson(text, file);
  if (!Array.isArray(value)) return [judge(value, file)];
  if (value.length === 0) throw notOne(file, "an empty list");
  return value.map((one) => judge(one, file));
}

function judge(value: unknown, file: string): ScenarioDocument {
  const named = typeof value === "object" && value !== null && "schema" in value ? value.schema : null;
  if (named !== "corral.scenario/1")
    throw notOne(
      file,
      `it has ${named === null ? "no schema" : `the schema ${quote(typeof named === "string" ? named : JSON.stringify(named))}`}`,
    );
  const { success, output, issues } = v.safeParse(scenarioDocumentSchema, value, { abortEarly: true });
  if (success) return output;
  const [issue] = issues;
  throw notOne(file, shown(`${v.getDotPath(issue) ?? "it"}: ${issue.message}`));
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // What the parser says has pieces of the file in it, which may be anything.
    throw notOne(file, "it is no JSON");
  }
}

const notOne = (file: string, found: string): CorralError =>
  new CorralError("CONFIG", `${quote(file)} is no result of a scenario (corral.scenario/1): ${found}`, {
    object: file,
    found,
    fix: "give a file that corral scenario run wrote",
  });
