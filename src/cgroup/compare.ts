import { parseNumberList } from "../kernel/index.ts";
import type { Comparison, ReadBack } from "./plan.ts";

/** Size of a page; memory limits are kept in whole pages. */
const pageBytes = 4096;

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
  list: (found, expected) => JSON.stringify(parseNumberList(found)) === JSON.stringify(parseNumberList(expected)),
  device: (found, expected) => {
    const have = new Set(found.split(/\s+/));
    return expected.split(" ").every((part) => have.has(part));
  },
};

/** True when the text read back proves that the write took. */
export function satisfies(text: string, check: ReadBack): boolean {
  return comparators[check.comparison](effectiveValue(text, check), check.expected);
}
