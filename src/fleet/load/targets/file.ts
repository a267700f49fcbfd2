import { constants } from "node:fs";
import { mkdir, open, readFile, rm, rmdir, stat, unlink } from "node:fs/promises";
import { join, resolve, sep } from "node:path";
import { errnoOf } from "../../../report/index.ts";
import type { LoadOperation, LoadPart, LoadTarget, PrepareStep } from "../target.ts";

const defaultFiles = 100;
/** Files that are made at a time. */
const atOnce = 16;

export interface FileOptions {
  readonly path: string;
  readonly files?: number;
  readonly keep?: boolean;
}

/** Directory of an agent's files; a prefix cannot lead out of the one that was asked for. */
function directoryOf(path: string, prefix: string): string {
  const [top, directory] = [resolve(path), resolve(path, prefix)];
  if (directory !== top && !directory.startsWith(top + sep))
    throw new Error(`the prefix ${prefix} leads out of ${path}`);
  return directory;
}

/** Reads, writes, looks at and removes files. Agents that share a directory have each their part of the files. */
export class FileTarget implements LoadTarget {
  readonly #directory: string;
  readonly #bytes: number;
  readonly #keeps: boolean;
  readonly #body: Buffer;
  /** Numbers of this agent's files: from the first on, every so many. */
  readonly #numbers: { readonly first: number; readonly step: number; readonly count: number };
  /** Which of them were made here, by their places: there may be millions. */
  readonly #made: Uint8Array;
  #removed = 0;
  #isNew = false;

  constructor({ path, files = defaultFiles, keep = false }: FileOptions, operationBytes: number, part: LoadPart) {
    this.#directory = directoryOf(path, part.pathPrefix);
    this.#bytes = operationBytes;
    this.#keeps = keep;
    this.#body = Buffer.alloc(operationBytes, "corral");
    const [first, step] = part.pathPrefix === "" ? [part.index, part.count] : [0, 1];
    this.#numbers = { first, step, count: Math.max(0, Math.ceil((files - first) / step)) };
    this.#made = new Uint8Array(this.#numbers.count);
  }

  get prepareSteps(): number {
    return this.#numbers.count;
  }

  async prepare(done: PrepareStep, signal: AbortSignal): Promise<void> {
    this.#isNew = (await mkdir(this.#directory, { recursive: true })) !== undefined;
    let next = 0;
    const lane = async (): Promise<void> => {
      while (next < this.#numbers.count && !signal.aborted) {
        const place = next;
        next += 1;
        const began = performance.now();
        await this.#write(place);
        done("put", this.#bytes, (performance.now() - began) * 1000);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
  }

  async perform(operation: LoadOperation): Promise<number> {
    if (operation === "delete") return this.#remove();
    const { count } = this.#numbers;
    if (count === 0) throw new Error("there are more agents than files: this one has none");
    const place = Math.floor(Math.random() * count);
    if (operation === "put") return this.#write(place);
    if (operation === "stat") return stat(this.#pathOf(place)).then(() => 0);
    return (await readFile(this.#pathOf(place))).length;
  }

  async close(): Promise<void> {
    if (this.#keeps) return;
    // Only what was made here: the directory may be somebody else's, too.
    for (const [place, made] of this.#made.entries()) if (made === 1) await rm(this.#pathOf(place), { force: true });
    if (this.#isNew) await rmdir(this.#directory).catch(() => {});
  }

  #pathOf(place: number): string {
    const { first, step } = this.#numbers;
    return join(this.#directory, `file-${first + place * step}`);
  }

  async #write(place: number): Promise<number> {
    this.#made[place] = 1;
    // Not emptied first: who reads at the same time would find nothing.
    const file = await open(this.#pathOf(place), constants.O_WRONLY | constants.O_CREAT);
    try {
      await file.writeFile(this.#body);
    } finally {
      await file.close();
    }
    return this.#bytes;
  }

  /** A file of its own, so that those which are read stay. */
  async #remove(): Promise<number> {
    this.#removed += 1;
    const path = join(this.#directory, `gone-${process.pid}-${this.#removed}`);
    const file = await open(path, "wx");
    await file.close();
    try {
      await unlink(path);
    } catch (thrown) {
      if (errnoOf(thrown) !== "ENOENT") throw thrown;
    }
    return 0;
  }
}
