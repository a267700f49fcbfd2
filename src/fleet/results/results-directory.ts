import { mkdirSync } from "node:fs";
import { appendFile, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { ensureDirectory, replaceFileAside } from "../../kernel/files/index.ts";
import { CorralError, errnoOf, quote } from "../../report/index.ts";
import { directoryName } from "./directory-name.ts";

/** Runs of one second that are told apart. */
const mostTwins = 1000;

const unwritable = (path: string, cause: unknown): CorralError =>
  new CorralError("REPORT_UNWRITABLE", `cannot write results to ${quote(path, 300)}: ${errnoOf(cause) ?? "error"}`, {
    object: path,
    cause,
    fix: "choose a directory you can write to with --results, on a file system with room",
  });

/**
 * The directory that one run writes, and nobody else. Files grow line by line while the run goes on; nothing waits for the
 * disk. The first thing that cannot be written is kept for the end, and everything else is written all the same.
 */
export class ResultsDirectory {
  readonly path: string;
  /** By file, those first that wait longest. */
  readonly #waiting = new Map<string, string[]>();
  readonly #madeFolders = new Set<string>(["."]);
  #writing: Promise<void> = Promise.resolve();
  #failure: CorralError | null = null;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Makes a directory of its own below `parent`.
   * @throws CorralError REPORT_UNWRITABLE
   */
  static create(parent: string, stem: string, now: Date): ResultsDirectory {
    const name = directoryName(stem, now);
    try {
      ensureDirectory(parent);
      for (let twin = 1; twin <= mostTwins; twin += 1) {
        const path = join(parent, twin === 1 ? name : `${name}-${twin}`);
        if (madeAlone(path)) return new ResultsDirectory(path);
      }
    } catch (cause) {
      throw unwritable(join(parent, name), cause);
    }
    throw unwritable(join(parent, name), { code: "EEXIST" });
  }

  /** Adds text to a file, which is there with the next `flush` that reaches it. */
  append(file: string, text: string): void {
    const waiting = this.#waiting.get(file);
    if (waiting === undefined) this.#waiting.set(file, [text]);
    else waiting.push(text);
  }

  /** Writes what waits. @param most files; those that have waited longest come first */
  flush(most = Number.POSITIVE_INFINITY): Promise<void> {
    const waiting: [string, string[]][] = [];
    for (const one of this.#waiting) {
      if (waiting.length >= most) break;
      waiting.push(one);
      this.#waiting.delete(one[0]);
    }
    return this.#attempt(async () => {
      for (const [file, texts] of waiting) {
        await this.#makeRoomFor(file);
        await appendFile(join(this.path, file), texts.join(""), { mode: 0o640 });
      }
    });
  }

  /** Replaces a file in one step. */
  write(file: string, text: string): Promise<void> {
    return this.#attempt(async () => {
      await this.#makeRoomFor(file);
      await replaceFileAside(join(this.path, file), text);
    });
  }

  writeJson(file: string, document: object): Promise<void> {
    return this.write(file, `${JSON.stringify(document, null, 2)}\n`);
  }

  /** Writes what waits. @throws CorralError REPORT_UNWRITABLE for the first thing that could not be written */
  async end(): Promise<void> {
    await this.flush();
    if (this.#failure !== null) throw this.#failure;
  }

  /** One after the other, in the order of the calls. */
  #attempt(work: () => Promise<void>): Promise<void> {
    this.#writing = this.#writing.then(work).catch((cause: unknown) => {
      this.#failure ??= unwritable(this.path, cause);
    });
    return this.#writing;
  }

  async #makeRoomFor(file: string): Promise<void> {
    const folder = dirname(file);
    if (this.#madeFolders.has(folder)) return;
    await mkdir(join(this.path, folder), { recursive: true, mode: 0o750 });
    this.#madeFolders.add(folder);
  }
}

/** Whether the directory is new: its maker has it alone. */
function madeAlone(path: string): boolean {
  try {
    mkdirSync(path, { mode: 0o750 });
    return true;
  } catch (thrown) {
    if (errnoOf(thrown) === "EEXIST") return false;
    throw thrown;
  }
}
