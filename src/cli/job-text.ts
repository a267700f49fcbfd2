import { quote } from "../report/index.ts";

/** A word of a command line as a shell would take it, safe to print. */
export const showWord = (word: string): string => (/^[\w@%+=:,./[\]-]+$/.test(word) ? word : quote(word, 200));

/** A command line on one line; `width` cuts it. */
export function showCommand(argv: readonly string[], width: number): string {
  const text = argv.map(showWord).join(" ");
  return text.length > width ? `${text.slice(0, Math.max(1, width - 1))}…` : text;
}

/** Seconds in one unit: `42s`, `17m`, `5h`, `3d`. */
export function showAge(seconds: number): string {
  const units = [
    ["d", 86_400],
    ["h", 3600],
    ["m", 60],
  ] as const;
  const [unit, size] = units.find(([, least]) => seconds >= least) ?? ["s", 1];
  return `${Math.floor(seconds / size)}${unit}`;
}
