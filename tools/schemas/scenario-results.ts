/** The schemas of what `corral scenario` writes; they judge what it reads, too. */
import { comparisonSchema, scenarioDocumentSchema } from "../../src/scenario/results/index.ts";
import { describe } from "./parts.ts";

export const scenarioResultSchemas: Readonly<Record<string, object>> = {
  "scenario-result.schema.json": describe("corral.scenario/1: one run of a scenario", scenarioDocumentSchema),
  "scenario-compare.schema.json": describe(
    "corral.scenario-compare/1: what is different between runs, by corral scenario compare --json",
    comparisonSchema,
  ),
};
