import { chownSync, existsSync, mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { errnoOf } from "../../report/index.ts";

/**
 * Creates a directory for Corral's own eyes (0750) and its parents.
 * @param gid group that those made here get; null: ours
 */
export function ensureDirectory(path: string, gid: number | null = null): void {
  // Not mkdir's own recursion: in Node 20 it never ends below /proc, where every mkdir(2) answers ENOENT.
  for (const missing of [...ancestors(path)].toReversed()) {
    try {
      mkdirSync(missing, { mode: 0o750 });
    } catch (thrown) {
      if (errnoOf(thrown) !== "EEXIST") throw thrown;
      continue;
    }
    if (gid !== null) chownSync(missing, process.geteuid?.() ?? 0, gid);
  }
}

/** A path and those above it that do not exist. */
function* ancestors(path: string): Generator<string> {
  for (let at = path; !existsSync(at); at = dirname(at)) yield at;
}
