/** A line of the original, taken apart. */
export interface OriginalRow {
  readonly cells: readonly string[];
  /** A name held a comma, so that where it ends had to be found out. */
  readonly recovered: boolean;
}

/** comm is at most 15 bytes (TASK_COMM_LEN), which tells where it can end. */
const mostCommBytes = 15;
/** Columns before the two names, and the names. */
const [leading, names] = [2, 2];

const isNumber = (cell: string): boolean => /^\d+(\.\d+)?$/.test(cell);

/**
 * The two names between the numbers. The original quotes nothing, so each comma could be the one that parts them: it is the
 * last one that leaves a comm of at most 15 bytes.
 */
function splitNames(text: string): readonly [string, string] | null {
  for (let at = text.lastIndexOf(","); at !== -1; at = at === 0 ? -1 : text.lastIndexOf(",", at - 1))
    if (at <= mostCommBytes) return [text.slice(0, at), text.slice(at + 1)];
  return null;
}

/**
 * Takes a line of the original apart, whose names are not quoted whatever is in them: the numbers around them are counted
 * from both ends.
 * @param count columns of the file, 30 or 33
 * @returns null when it is no whole record
 */
export function splitOriginalRow(line: string, count: number): OriginalRow | null {
  const parts = line.split(",");
  const tailLength = count - leading - names;
  if (parts.length < count) return null;
  const head = parts.slice(0, leading);
  const tail = parts.slice(parts.length - tailLength);
  if (![...head, ...tail].every(isNumber)) return null;
  const between = splitNames(parts.slice(leading, parts.length - tailLength).join(","));
  return between === null ? null : { cells: [...head, ...between, ...tail], recovered: parts.length > count };
}
