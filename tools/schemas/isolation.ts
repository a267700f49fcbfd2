/** The schema of what `corral guard bench isolation` writes, made from the one that judges documents that are pooled. */
import { isolationSchema } from "../../src/guard/replay/index.ts";
import { describe } from "./parts.ts";

export const isolationSchemas: Readonly<Record<string, object>> = {
  "isolation.schema.json": describe("corral.isolation/1: policies of memory side by side", isolationSchema),
};
