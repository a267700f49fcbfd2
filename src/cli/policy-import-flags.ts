import type { FlagTable } from "./flag-definition.ts";

export const policyImportFlags = {
  jsonl: { group: "Output", common: true, value: "FILE", brief: "write the records there as JSON lines; - is stdout" },
  csv: { group: "Output", common: true, value: "FILE", brief: "write them there as CSV with all columns; - is stdout" },
  partial: { group: "Output", common: true, brief: "take what is whole of a file that was cut or is damaged" },
  json: { group: "Output", common: true, brief: "the summary as one JSON document" },
} as const satisfies FlagTable;
