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
  /** Names of this agent's files. */
  readonly #names: readonly string[];
  readonly #made = new Set<string>();
  #removed = 0;
  #isNew = false;

  constructor({ path, files = defaultFiles, keep = false }: FileOptions, operationBytes: number, part: LoadPart) {
    this.#directory = directoryOf(path, part.pathPrefix);
    this.#bytes = operationBytes;
    this.#keeps = keep;
    this.#body = Buffer.alloc(operationBytes, "corral");
    const isShared = part.pathPrefix === "";
    const numbers = Array.from({ length: files }, (_, number) => number);
    this.#names = numbers
      .filter((number) => !isShared || number % part.count === part.index)
      .map((number) => `file-${number}`);
  }

  get prepareSteps(): number {
    return this.#names.length;
  }

  async prepare(done: PrepareStep, signal: AbortSignal): Promise<void> {
    this.#isNew = (await mkdir(this.#directory, { recursive: true })) !== undefined;
    const waiting = [...this.#names];
    const lane = async (): Promise<void> => {
      for (let name = waiting.pop(); name !== undefined && !signal.aborted; name = waiting.pop()) {
        const began = performance.now();
        await this.#write(name);
        done("put", this.#bytes, (performance.now() - began) * 1000);
      }
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
  }

  async perform(operation: LoadOperation): Promise<number> {
    const name = this.#names[Math.floor(Math.random() * this.#names.length)] ?? "";
    const path = join(this.#directory, name);
    if (operation === "put") return this.#write(name);
    if (operation === "delete") return this.#remove();
    if (operation === "stat") return stat(path).then(() => 0);
    return (await readFile(path)).length;
  }

  async close(): Promise<void> {
    if (this.#keeps) return;
    // Only what was made here: the directory may be somebody else's, too.
    for (const name of this.#made) await rm(join(this.#directory, name), { force: true });
    if (this.#isNew) await rmdir(this.#directory).catch(() => {});
  }

  async #write(name: string): Promise<number> {
    this.#made.add(name);
    // Not emptied first: who reads at the same time would find nothing.
    const file = await open(join(this.#directory, name), constants.O_WRONLY | constants.O_CREAT);
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
