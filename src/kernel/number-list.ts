/** Expands a list in the kernel's form (`0-2,5`, cpuset(7)) to sorted numbers; null when it is not one. */
export function parseNumberList(text: string): readonly number[] | null {
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

/** Numbers, sorted and each once, in the kernel's form; empty for none. */
export function formatNumberList(numbers: readonly number[]): string {
  const ranges: { first: number; last: number }[] = [];
  for (const number of numbers) {
    const range = ranges.at(-1);
    if (range !== undefined && range.last + 1 === number) range.last = number;
    else ranges.push({ first: number, last: number });
  }
  return ranges.map(({ first, last }) => (first === last ? String(first) : `${first}-${last}`)).join(",");
}
