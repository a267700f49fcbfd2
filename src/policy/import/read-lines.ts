import { createReadStream } from "node:fs";

/** One line without its LF, one character per byte. */
export interface Line {
  readonly number: number;
  readonly text: string;
  /** Whether its LF was there: a last line without it was cut. */
  readonly ended: boolean;
}

/** No line of ours is near this; a file without any newline shall not fill the memory. */
const mostLineBytes = 2 ** 20;

/**
 * The lines of a file, in constant memory.
 * @throws RangeError for a line that no file of records has
 */
export async function* readLines(path: string): AsyncGenerator<Line> {
  let rest = "";
  let number = 1;
  for await (const chunk of createReadStream(path, { encoding: "latin1" })) {
    const parts = (rest + String(chunk)).split("\n");
    rest = parts.pop() ?? "";
    if (rest.length > mostLineBytes) throw new RangeError(`line ${number + parts.length} is longer than 1 MiB`);
    for (const text of parts) {
      yield { number, text, ended: true };
      number += 1;
    }
  }
  if (rest !== "") yield { number, text: rest, ended: false };
}
