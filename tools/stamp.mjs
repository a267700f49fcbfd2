import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { root } from "./root.mjs";

/**
 * Stamps say what a result was made from: one file with the SHA-256 of every input. Content, not
 * time, decides, because `git checkout` and `git clone` give old content a new time.
 */

/**
 * SHA-256 over the names and contents of files and folders, folders taken whole. What does not
 * exist counts as absent, so that its appearance changes the digest.
 * @param {readonly string[]} inputs relative to the repository root
 * @param {(path: string) => boolean} [accept] which files inside folders count
 * @returns {string} hex digest
 */
export function digestOf(inputs, accept = () => true) {
  const hash = createHash("sha256");
  for (const path of inputs.flatMap((input) => filesUnder(input, accept)).toSorted()) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update("\0");
  }
  return hash.digest("hex");
}

/**
 * Every accepted file below a path, itself when it is a file.
 * @param {string} path relative to the repository root
 * @param {(path: string) => boolean} accept
 * @returns {string[]}
 */
export function filesUnder(path, accept = () => true) {
  const stats = statSync(join(root, path), { throwIfNoEntry: false });
  if (stats === undefined) return [];
  if (!stats.isDirectory()) return [path];
  return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .filter(accept);
}

/**
 * @param {string} path relative to the repository root
 * @returns {string | null}
 */
export function readStamp(path) {
  try {
    return readFileSync(join(root, path), "utf8").trim();
  } catch {
    return null;
  }
}

/**
 * @param {string} path relative to the repository root
 * @param {string} content
 */
export function writeStamp(path, content) {
  writeAtomically(path, `${content}\n`);
}

/**
 * Writes so that a reader, such as a `./corral` starting at this moment, sees the old file or the
 * new one and never half of it.
 * @param {string} path relative to the repository root
 * @param {string | Uint8Array} content
 * @param {number} [mode]
 */
export function writeAtomically(path, content, mode = 0o644) {
  const target = join(root, path);
  mkdirSync(dirname(target), { recursive: true });
  const temporary = `${target}.${process.pid}.tmp`;
  writeFileSync(temporary, content, { mode });
  renameSync(temporary, target);
}
