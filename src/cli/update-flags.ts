import type { FlagTable, RawFlags } from "./flag-definition.ts";
import { limitFlags } from "./limit-flags.ts";

/** Every flag of `corral update`. */
export const updateFlags = {
  ...limitFlags,
  strict: { group: "Update", common: true, brief: "put everything back unless every limit is applied" },
  json: { group: "Update", common: true, brief: "the outcomes as one JSON document" },
} as const satisfies FlagTable;

export type RawUpdateFlags = RawFlags<typeof updateFlags>;
