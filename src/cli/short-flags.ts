import type { FlagTable } from "./flag-definition.ts";
import type { Readable } from "./plain-command-line.ts";

/** The flag of a table with this one letter. */
const longOf = (table: FlagTable, letter: string): string | null =>
  Object.entries(table).find(([, { short }]) => short === letter)?.[0] ?? null;

/** The long form of one word such as `-v`, `-m2` or `-vm`; null when a letter of it is no flag. */
function expand(word: string, table: FlagTable): readonly string[] | null {
  const words: string[] = [];
  for (let at = 1; at < word.length; at += 1) {
    const name = longOf(table, word[at] ?? "");
    if (name === null) return null;
    words.push(`--${name}`);
    if (table[name]?.value === undefined) continue;
    const value = word.slice(at + 1);
    return value === "" ? words : [...words, value];
  }
  return words;
}

/**
 * Writes flags of one letter as getopt(3) takes them (`-v`, `-m 2`, `-m2`, `-av`) in their long form. What is no such flag
 * stays as it is, for the parser to complain about.
 */
export function expandShortFlags(argv: readonly string[], commands: readonly Readable[]): readonly string[] {
  const definition = commands.find(({ path }) => path.every((word, index) => argv[index] === word));
  if (definition === undefined || Object.values(definition.flags).every(({ short }) => short === undefined))
    return argv;
  const words: string[] = [];
  let isValue = false;
  for (const [at, word] of argv.entries()) {
    if (word === "--") return [...words, ...argv.slice(at)];
    const expanded: readonly string[] =
      !isValue && /^-[^-]/.test(word) ? (expand(word, definition.flags) ?? [word]) : [word];
    words.push(...expanded);
    const last = expanded.at(-1) ?? "";
    isValue = !isValue && last.startsWith("--") && definition.flags[last.slice(2)]?.value !== undefined;
  }
  return words;
}
