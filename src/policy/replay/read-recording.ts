import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { CorralError, errnoOf, quote } from "../../report/index.ts";
import { decodePlain } from "./plain-json.ts";
import type { RecordedLine, RecordingHeader } from "./recording.ts";
import { recordingSchema } from "./recording.ts";

/** A recording that is being read. */
export interface RecordedPolicy {
  readonly header: RecordingHeader;
  /** What follows, in order, once. Throws CorralError RECORDING when it is damaged or was cut off. */
  readonly lines: AsyncIterable<RecordedLine>;
}

const damaged = (file: string, why: string, cause?: unknown): CorralError =>
  new CorralError("RECORDING", `${quote(file, 300)}: ${why}`, { object: file, cause });

async function* textsOf(file: string): AsyncGenerator<string, void> {
  const stream = createReadStream(file);
  try {
    yield* createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (thrown) {
    throw damaged(file, `cannot be read: ${errnoOf(thrown) ?? String(thrown)}`, thrown);
  } finally {
    stream.destroy();
  }
}

async function* decoded(file: string): AsyncGenerator<unknown, void> {
  let number = 0;
  const texts = textsOf(file);
  for await (const text of texts) {
    number += 1;
    let value: unknown;
    try {
      value = decodePlain(text);
    } catch (cause) {
      // Of a cut recording the last line is half a line.
      const isLast = number > 1 && (await texts.next()).done === true;
      throw damaged(file, isLast ? `was cut off in line ${number}` : `line ${number} is no line of a recording`, cause);
    }
    if (typeof value !== "object" || value === null) throw damaged(file, `line ${number} is no line of a recording`);
    yield value;
  }
}

async function* untilEnd(file: string, values: AsyncGenerator<unknown, void>): AsyncGenerator<RecordedLine, void> {
  for await (const value of values) {
    const line = value as RecordedLine;
    yield line;
    if ("end" in line) return;
  }
  throw damaged(file, "was cut off: it has no end");
}

/**
 * Begins to read a recording.
 * @throws CorralError RECORDING when it cannot be read, or is something else
 */
export async function readRecording(file: string): Promise<RecordedPolicy> {
  const values = decoded(file);
  const { value } = await values.next();
  const header = value as RecordingHeader | undefined;
  if (header?.schema !== recordingSchema) throw damaged(file, `is no recording of a policy (${recordingSchema})`);
  return { header, lines: untilEnd(file, values) };
}
