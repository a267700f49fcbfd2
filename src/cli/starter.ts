/**
 * What `corral` starts: runs dist/program.cjs from V8's code cache, so that a start pays neither for parsing nor
 * for compiling. The cache lies beside the program, one file per Node version, written by the first `corral run`
 * that may write there. V8 refuses one of another version, other flags or another length; the digest refuses
 * one of another program. Without it all works the same, 9 ms later. Imports nothing of Corral: it is compiled every time.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from "node:fs";
import { Script } from "node:vm";

const programPath = `${__dirname}/program.cjs`;
const cachePath = `${__dirname}/program.${process.version}.${process.arch}.v8`;
/** The build's digest of the program, behind `//` on its first line; the cache ends with the same and its grade. */
const digestLength = 32;
/** What the run that made a cache has compiled: a run without limits makes no groups, and leaves their code out. */
const grades = { plain: "p", limits: "q" } as const;

const program = readFileSync(programPath, "utf8");
const digest = program.slice(2, 2 + digestLength);

function readCache(): { readonly bytes: Buffer; readonly grade: string } | null {
  try {
    const bytes = readFileSync(cachePath);
    const end = bytes.length - digestLength - 1;
    const tail = bytes.toString("latin1", end);
    return tail.slice(0, digestLength) === digest
      ? { bytes: bytes.subarray(0, end), grade: tail.slice(digestLength) }
      : null;
  } catch {
    return null;
  }
}

/** Writes in one step, and synced: V8 does not check every byte, so half a cache must never have its name. */
function writeCache(bytes: Buffer, grade: string): void {
  const temporary = `${cachePath}.${process.pid}.tmp`;
  try {
    const fd = openSync(temporary, "wx", 0o644);
    try {
      writeSync(fd, bytes);
      writeSync(fd, digest + grade);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, cachePath);
  } catch {
    try {
      unlinkSync(temporary);
    } catch {
      // Installed where this user may not write: it stays as it is.
    }
  }
}

const cached = readCache();
const script = new Script(program, {
  filename: programPath,
  ...(cached === null ? {} : { cachedData: cached.bytes }),
});
if (cached?.grade !== grades.limits) {
  process.once("exit", (status) => {
    // A run that succeeded has compiled what the next one needs.
    const [command, ...rest] = process.argv.slice(2);
    const own = rest.slice(0, rest.indexOf("--"));
    if (status !== 0 || command !== "run" || own.includes("--dry-run")) return;
    const grade = own.some((word) => /^--(cpu|memory|pids|io)/.test(word)) ? grades.limits : grades.plain;
    if (cached?.grade !== grade) writeCache(script.createCachedData(), grade);
  });
}
script.runInThisContext()(exports, require, module, programPath, __dirname);
