import { quote } from "../report/index.ts";

/** One key of a rule held against a process. */
interface ExplainedKey {
  readonly key: string;
  readonly wanted: readonly (string | number)[];
  readonly found: string | null;
  readonly holds: boolean | null;
}

/** A key of a rule, what it wants and what the process has, as one line. */
export function keyLine({ key, wanted, found, holds }: ExplainedKey): string {
  const verdict = holds === null ? "cannot be read" : holds ? "holds" : "does not hold";
  const has = found === null ? "" : `; it has ${quote(found, 200)}`;
  return `${key} ${wanted.map((one) => quote(String(one))).join(" or ")}: ${verdict}${has}`;
}
