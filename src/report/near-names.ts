/** Letters and digits: what people remember of a name. */
const plain = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** Slips of the fingers between two words: a letter too many, too few, another one, or two swapped. */
function slipsBetween(a: string, b: string): number {
  let before: readonly number[] = [];
  let row: readonly number[] = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (same ? 0 : 1),
          swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}

/** Most names that one line can take. */
const mostNames = 5;

/**
 * Names that somebody who wrote `word` may have meant: those nearest to it, one slip for every four letters at most, else those
 * that begin with it or have it as a part (`quota`: `cpu-quota`). None when nothing is near.
 */
export function nearNames(word: string, names: readonly string[]): readonly string[] {
  const wanted = plain(word);
  if (wanted === "") return [];
  const allowed = Math.max(1, Math.floor(wanted.length / 4));
  const slips = names.map((name) => ({ name, count: slipsBetween(wanted, plain(name)) }));
  const least = Math.min(...slips.map(({ count }) => count));
  if (least <= Math.min(allowed, wanted.length - 1))
    return slips
      .filter(({ count }) => count === least)
      .map(({ name }) => name)
      .slice(0, mostNames);
  const parts = names.filter((name) => name.split("-").includes(word) || (word.length > 2 && name.startsWith(word)));
  return parts.slice(0, mostNames);
}

/** The end of a line about a name that does not exist: the near ones, or where all of them are. */
export function suggestion(near: readonly string[], otherwise: string): string {
  const [last = "", ...others] = near.toReversed();
  if (near.length === 0) return `; ${otherwise}`;
  return `; did you mean ${others.length === 0 ? last : `${others.toReversed().join(", ")} or ${last}`}?`;
}
