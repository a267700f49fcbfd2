/** The schemas of what `corral fleet run` and `analyze` write; they judge what is read of it, too. */
import { fleetCompareSchema } from "../../src/fleet/analyze/index.ts";
import { fleetEventSchema } from "../../src/fleet/live/index.ts";
import { fleetMetadataSchema, fleetResultsSchema, fleetStatusSchema } from "../../src/fleet/results/index.ts";
import { describe } from "./parts.ts";

export const fleetRunSchemas: Readonly<Record<string, object>> = {
  "fleet-status.schema.json": describe("corral.fleet-status/1: how a fleet run ended", fleetStatusSchema),
  "fleet-results.schema.json": describe(
    "corral.fleet-results/1: a table of results of a fleet run",
    fleetResultsSchema,
  ),
  "fleet-metadata.schema.json": describe("corral.fleet-metadata/1: what a fleet run was", fleetMetadataSchema),
  "fleet-event.schema.json": describe(
    "corral.fleet-event/1: a line of corral fleet run --json-lines",
    fleetEventSchema,
  ),
  "fleet-compare.schema.json": describe(
    "corral.fleet-compare/1: what is different between fleet runs, by corral fleet analyze --compare --json",
    fleetCompareSchema,
  ),
};
