import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { ensureDirectory, replaceFile } from "../../kernel/files/index.ts";
import { bootId } from "../../kernel/index.ts";
import { CorralError, errnoOf } from "../../report/index.ts";

interface Frame {
  readonly schema: string;
  /** Null: it is true of any boot. */
  readonly boot_id: string | null;
  readonly root: string;
}

/** What a file of the guard is. */
export interface StateFileKind {
  readonly path: string;
  readonly schema: string;
  /** Directory of the root group; what is stored of another one is not read. */
  readonly root: string;
  /** Whether what it holds is true of this boot only. */
  readonly untilBoot: boolean;
  /** What it holds, for messages. */
  readonly what: string;
}

/** A JSON file in which something outlives its daemon. */
export class StateFile<T extends object> {
  readonly #kind: StateFileKind;

  constructor(kind: StateFileKind) {
    this.#kind = kind;
  }

  /** Null when there is nothing that is true here and now. */
  read(): T | null {
    const { path, schema, root } = this.#kind;
    try {
      const stored = JSON.parse(readFileSync(path, "utf8")) as Frame & T;
      return stored.schema === schema && stored.boot_id === this.#boot() && stored.root === root ? stored : null;
    } catch {
      return null;
    }
  }

  /** @throws CorralError STATE_UNWRITABLE */
  write(content: T): void {
    const { path, schema, root, what } = this.#kind;
    const frame: Frame = { schema, boot_id: this.#boot(), root };
    try {
      ensureDirectory(dirname(path));
      replaceFile(path, `${JSON.stringify({ ...frame, ...content })}\n`);
    } catch (cause) {
      const why = errnoOf(cause) ?? String(cause);
      throw new CorralError("STATE_UNWRITABLE", `cannot write ${what} to ${path}: ${why}`, { object: path, cause });
    }
  }

  #boot(): string | null {
    return this.#kind.untilBoot ? bootId() : null;
  }
}
