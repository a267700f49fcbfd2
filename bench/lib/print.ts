/** A bound on a ratio that a benchmark is to keep. */
export interface Target {
  readonly name: string;
  readonly value: number;
  readonly limit: number;
}

export const holds = ({ value, limit }: Target): boolean => value <= limit;

/** Aligned columns; the first is text, the others are numbers. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join("  ")
      .trimEnd();
  return all.map((row) => `  ${line(row)}`).join("\n");
}

export const fixed = (value: number, digits = 2): string => (Number.isFinite(value) ? value.toFixed(digits) : "–");

export function targetLines(targets: readonly Target[]): string {
  return targets
    .map((target) => {
      const verdict = holds(target) ? "PASS" : "FAIL";
      return `  ${verdict}  ${target.name}: ${fixed(target.value, 3)}, to be at most ${target.limit}`;
    })
    .join("\n");
}
