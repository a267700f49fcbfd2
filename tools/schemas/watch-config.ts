import { toJsonSchema } from "@valibot/to-json-schema";
import { watchConfigSchema } from "../../src/run/watch/index.ts";

/** The file of rules for editors. What JSON Schema has no words for (sizes, patterns, user names) Corral judges itself. */
const { $schema = "http://json-schema.org/draft-07/schema#", ...rest } = toJsonSchema(watchConfigSchema, {
  typeMode: "input",
  errorMode: "ignore",
});

export const watchConfigSchemas: Readonly<Record<string, object>> = {
  "watch-config.schema.json": { $schema, title: "The file of rules of corral watch, version 1", ...rest },
};
