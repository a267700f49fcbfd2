import type { Comparison, ReadBack } from "./plan.ts";

/** Size of a page; memory limits are kept in whole pages. */
const pageBytes = 4096;

/** Expands a kernel list (`0-2,5`) to sorted numbers; null when it is not one. */
export function parseList(text: string): readonly number[] | null {
  const numbers = new Set<number>();
  for (const part of text.trim().split(",")) {
    if (part === "") continue;
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match === null) return null;
    const first = Number(match[1]);
    const last = Number(match[2] ?? match[1]);
    if (last < first || last > 65_536) return null;
    for (let value = first; value <= last; value += 1) numbers.add(value);
  }
  return [...numbers].sort((a, b) => a - b);
}

function sameBytes(found: string, expected: string): boolean {
  if (found === expected) return true;
  const want = Number(expected);
  return found !== "max" && expected !== "max" && Number(found) === want - (want % pageBytes);
}

/** The part of a control file that answers a check: the device's line, or the whole text. */
export function effectiveValue(text: string, check: ReadBack): string {
  if (check.comparison !== "device") return text.trim();
  const device = check.expected.split(" ", 1)[0] ?? "";
  return (
    text
      .split("\n")
      .find((line) => line.startsWith(`${device} `))
      ?.trim() ?? ""
  );
}

const comparators: Readonly<Record<Comparison, (found: string, expected: string) => boolean>> = {
  text: (found, expected) => found === expected,
  bytes: sameBytes,
  weight: (found, expected) => /(\d+)\s*$/.exec(found.split("\n", 1)[0] ?? "")?.[1] === expected,
  list: (found, expected) => JSON.stringify(parseList(found)) === JSON.stringify(parseList(expected)),
  device: (found, expected) => {
    const have = new Set(found.split(/\s+/));
    return expected.split(" ").every((part) => have.has(part));
  },
};

/** True when the text read back proves that the write took. */
export function satisfies(text: string, check: ReadBack): boolean {
  return comparators[check.comparison](effectiveValue(text, check), check.expected);
}
