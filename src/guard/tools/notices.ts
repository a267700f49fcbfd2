import type { IgnoredHint } from "../model/index.ts";
import { expectedOf, hintKeys } from "../model/index.ts";

/** Parts of a hint that are told one by one. */
const mostParts = 5;

function ignoredText({ part, key, why }: IgnoredHint): string {
  if (why === "too-long" || part === null) return "it is too long";
  if (why === "twice") return `part ${part} gives ${key} again, the first counts`;
  if (why === "unknown" || key === null) return `part ${part} is none of ${hintKeys.join(", ")}`;
  return `part ${part}: ${key} expects ${expectedOf(key)}`;
}

/** What an agent is told of a hint that was not heeded as a whole: fixed texts and places, no word of the hint. */
export function hintNotice(ignored: readonly IgnoredHint[]): string | null {
  if (ignored.length === 0) return null;
  const more = ignored.length - mostParts;
  const parts = [...ignored.slice(0, mostParts).map(ignoredText), ...(more > 0 ? [`and ${more} more`] : [])];
  return `[Resource] The hint was not heeded as a whole: ${parts.join("; ")}.`;
}

/** Why a call does not start at once. */
export const frozenNotice = "[Resource] The session is frozen: the tool call starts when the session goes on.";
