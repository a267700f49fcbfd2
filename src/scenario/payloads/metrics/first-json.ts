/** Begins that are tried before a text counts as one without a document: output is noise then, and each try reads on. */
const mostTries = 1000;

/**
 * The first JSON document in a text: the whole of it, or else the first balanced region of braces or brackets that is one
 * (a program may print words before and after). Undefined when there is none.
 */
export function firstJson(text: string): unknown {
  const whole = parse(text);
  if (whole !== undefined) return whole;
  const opening = /[[{]/g;
  for (let tries = 0; tries < mostTries; tries += 1) {
    const match = opening.exec(text);
    if (match === null) return;
    const end = endOfRegion(text, match.index);
    const value = end === null ? undefined : parse(text.slice(match.index, end));
    if (value !== undefined) return value;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** One past the character that closes the region which begins here, strings left out; null when nothing closes it. */
function endOfRegion(text: string, start: number): number | null {
  const token = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|[[\]{}]/g;
  token.lastIndex = start;
  let depth = 0;
  for (let match = token.exec(text); match !== null; match = token.exec(text)) {
    if ("[{".includes(match[0])) depth += 1;
    else if ("]}".includes(match[0])) depth -= 1;
    if (depth === 0) return token.lastIndex;
  }
  return null;
}
