/** A number as programs print it. */
const numberText = /[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?/y;

/** One stretch of a pattern; `*` separates them. */
interface Stretch {
  readonly before: string;
  /** Null: it has no number. */
  readonly after: string | null;
}

/** Finds a number in a line, or nothing. */
export type LinePattern = (line: string) => number | null;

function numberAt(line: string, at: number): { readonly value: number; readonly end: number } | null {
  numberText.lastIndex = at;
  const text = numberText.exec(line)?.[0];
  return text === undefined ? null : { value: Number(text), end: at + text.length };
}

/** The first place from `from` on where a stretch stands. */
function findStretch(
  { before, after }: Stretch,
  line: string,
  from: number,
): { value: number | null; end: number } | null {
  for (let at = line.indexOf(before, from); at !== -1 && at <= line.length; at = line.indexOf(before, at + 1)) {
    const end = at + before.length;
    if (after === null) return { value: null, end };
    const found = numberAt(line, end);
    if (found !== null && line.startsWith(after, found.end))
      return { value: found.value, end: found.end + after.length };
    if (end >= line.length) return null;
  }
  return null;
}

/**
 * A pattern for lines: `{}` is the number that is wanted, `*` anything, all else itself, anywhere in the line. No regular
 * expression: how long it takes is bounded by the lengths of both.
 * @throws RangeError whose message completes "<key> …"
 */
export function linePattern(pattern: string): LinePattern {
  if (pattern.split("{}").length !== 2) throw new RangeError("needs one {} where the number stands");
  const stretches = pattern
    .split("*")
    .filter((text) => text !== "")
    .map((text): Stretch => {
      const [before = "", after = null] = text.split("{}");
      return { before, after };
    });
  return (line) => {
    let [at, value]: [number, number | null] = [0, null];
    for (const stretch of stretches) {
      const found = findStretch(stretch, line, at);
      if (found === null) return null;
      at = found.end;
      value = found.value ?? value;
    }
    return value;
  };
}
