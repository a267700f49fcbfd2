/** Deepest nesting of which numbers are read. */
export const deepest = 64;
/** Most numbers that are read of one document. */
export const mostLeaves = 10_000;

export interface JsonLeaves {
  /** By dotted path, as `jobs.0.read.iops`, in the order of the document; of two with one path the first. */
  readonly values: ReadonlyMap<string, number>;
  /** What was left out, one line each. */
  readonly problems: readonly string[];
}

/** All finite numbers of a document. Texts, truth values and null are none; a number beyond 2^53 is rounded. */
export function jsonLeaves(document: unknown): JsonLeaves {
  const values = new Map<string, number>();
  const problems = new Set<string>();
  const walk = (value: unknown, path: readonly string[]): void => {
    if (typeof value === "number") keep(path.join("."), value);
    if (typeof value !== "object" || value === null) return;
    if (path.length >= deepest) {
      problems.add(`numbers nested deeper than ${deepest} were left out`);
      return;
    }
    for (const [key, one] of Object.entries(value)) walk(one, [...path, key]);
  };
  const keep = (path: string, value: number): void => {
    if (path === "" || !Number.isFinite(value)) return;
    if (values.has(path)) problems.add(`two numbers have the path ${path}; the first counts`);
    else if (values.size >= mostLeaves) problems.add(`numbers after the first ${mostLeaves} were left out`);
    else values.set(path, value);
  };
  walk(document, []);
  return { values, problems: [...problems] };
}
