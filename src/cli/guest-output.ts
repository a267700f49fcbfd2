import { StringDecoder } from "node:string_decoder";

const closing: ReadonlyMap<string, string> = new Map([
  ["{", "}"],
  ["[", "]"],
]);

/**
 * What `--json` in a guest prints, whose two streams come as one: lines for people, and one value over several lines that begins and
 * ends with a bracket alone on its line, as indented JSON does.
 */
export class GuestOutput {
  readonly #decoder = new StringDecoder("utf8");
  readonly #onLine: (line: string) => void;
  readonly #lines: string[] = [];
  #rest = "";
  #end: string | null = null;
  #isWhole = false;

  /** @param onLine hears each line that is none of the value's */
  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  add(chunk: Buffer): void {
    const lines = (this.#rest + this.#decoder.write(chunk)).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#hear(line);
  }

  /** The guest has ended. @returns the value's text; null when it came to no end */
  close(): string | null {
    if (this.#rest !== "") this.#hear(this.#rest);
    this.#rest = "";
    return this.#isWhole ? this.#lines.join("\n") : null;
  }

  #hear(line: string): void {
    const begins = this.#end === null && !this.#isWhole ? closing.get(line) : undefined;
    if (begins !== undefined) this.#end = begins;
    else if (this.#end === null) return this.#onLine(line);
    this.#lines.push(line);
    if (begins !== undefined || line !== this.#end) return;
    this.#end = null;
    this.#isWhole = true;
  }
}
