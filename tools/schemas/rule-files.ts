import { toJsonSchema } from "@valibot/to-json-schema";
import type * as v from "valibot";
import { fleetFileSchema } from "../../src/fleet/config/index.ts";
import { commandSchema, hostPolicySchema } from "../../src/fleet/work/index.ts";
import { guardConfigSchema } from "../../src/guard/index.ts";
import { policyRulesSchema } from "../../src/policy/rules/index.ts";
import { watchConfigSchema } from "../../src/run/watch/index.ts";
import { scenarioParts, scenarioSchema } from "../../src/scenario/file/index.ts";

/** A file of rules for editors. What JSON Schema has no words for (sizes, patterns, user names) Corral judges itself. */
function forEditors(
  title: string,
  schema: v.GenericSchema,
  definitions: Readonly<Record<string, v.GenericSchema>> = {},
): object {
  const { $schema = "http://json-schema.org/draft-07/schema#", ...rest } = toJsonSchema(schema, {
    typeMode: "input",
    errorMode: "ignore",
    definitions,
  });
  return { $schema, title, ...rest };
}

export const ruleFileSchemas: Readonly<Record<string, object>> = {
  "agent-policy.schema.json": forEditors("What a host lets controllers do, version 1", hostPolicySchema),
  "fleet-command.schema.json": forEditors("A program that agents of a fleet run, version 1", commandSchema),
  "fleet.schema.json": forEditors("The file of corral fleet run, version 1", fleetFileSchema),
  "guard-config.schema.json": forEditors("The file of corral guard, version 1", guardConfigSchema),
  "policy-rules.schema.json": forEditors("The file of rules of corral policy, version 1", policyRulesSchema),
  "scenario.schema.json": forEditors("The file of corral scenario, version 1", scenarioSchema, scenarioParts),
  "watch-config.schema.json": forEditors("The file of rules of corral watch, version 1", watchConfigSchema),
};
