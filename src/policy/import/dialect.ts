import { columns, headers, laterColumns, originalCount } from "../records/index.ts";

/** How a file of records is written. */
export type Dialect = "csv" | "original" | "oldest" | "jsonl";

/** Which dialect a file is in, by its first line without its newline; null: none of them. */
export function dialectOf(firstLine: string): Dialect | null {
  const line = firstLine.replace(/^\u00ef\u00bb\u00bf/, "").replace(/\r$/, "");
  if (line === headers.original) return "original";
  if (line === headers.oldest) return "oldest";
  if (line === headers.superset || line.startsWith(`${headers.superset},`)) return "csv";
  return line.startsWith('{"schema":"corral.policy-') ? "jsonl" : null;
}

/** The columns of the original's files. */
export const originalColumns = (dialect: "original" | "oldest") =>
  columns.slice(0, originalCount).filter(({ name }) => dialect === "original" || !laterColumns.has(name));
