import { quote } from "../../../report/index.ts";

/** What is asked of a payload, as written or resolved. */
interface Flagged {
  readonly name: string;
  /** Null or absent: any flag. */
  readonly knownFlags?: readonly string[] | null;
}

const bare = (flag: string): string => flag.replace(/^--/, "");

/**
 * The first long flag (`--x`, `--x=v`) of these arguments that the payload does not know, as a message; null when all are
 * known, and for a payload that names none. Short flags, other words and a bare `--` pass; an empty list knows no flag.
 */
export function flagProblem(payload: Flagged, args: readonly string[]): string | null {
  const { knownFlags } = payload;
  if (knownFlags == null) return null;
  const known = new Set(knownFlags.map(bare));
  const unknown = args
    .filter((arg) => arg.startsWith("--") && arg !== "--")
    .map((arg) => bare(arg).split("=", 1)[0] ?? "")
    .find((name) => !known.has(name));
  if (unknown === undefined) return null;
  const list =
    known.size === 0 ? "it knows no long flag" : `it knows ${[...known].map((flag) => `--${flag}`).join(", ")}`;
  return `payload ${quote(payload.name)} does not know ${quote(`--${unknown}`)}: ${list}`;
}
