/**
 * What `corral` starts: runs dist/run.cjs, which knows the everyday `corral run` only, and where that declines
 * dist/program.cjs, which knows everything; either from V8's code cache, so that a start pays neither for parsing nor
 * for compiling. A cache lies beside its program, one file per Node version, written by the first `corral run`
 * that may write there. V8 refuses one of another version, other flags or another length; the digest refuses
 * one of another program. Without it all works the same, 9 ms later. Imports nothing of Corral: it is compiled every time.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, unlinkSync, writeSync } from "node:fs";
import { Script } from "node:vm";

/** The build's digest of a program, behind `//` on its first line; the cache ends with the same and its grade. */
const digestLength = 32;
/** What the run that made a cache has compiled: a run without limits makes no groups, and leaves their code out. */
const grades = { plain: "p", limits: "q" } as const;

const loaded = new Map<string, unknown>();

interface Cache {
  readonly bytes: Buffer;
  readonly grade: string;
}

function readCache(path: string, digest: string): Cache | null {
  try {
    const bytes = readFileSync(path);
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
function writeCache(path: string, bytes: Buffer, tail: string): void {
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const fd = openSync(temporary, "wx", 0o644);
    try {
      writeSync(fd, bytes);
      writeSync(fd, tail);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch {
    try {
      unlinkSync(temporary);
    } catch {
      // Installed where this user may not write: it stays as it is.
    }
  }
}

/** The grade of what this process has compiled, null when that is not worth keeping: a run that succeeded needs it all. */
function gradeOf(status: number): string | null {
  const [command, ...rest] = process.argv.slice(2);
  const own = rest.slice(0, rest.indexOf("--"));
  if (status !== 0 || command !== "run" || own.includes("--dry-run")) return null;
  return own.some((word) => /^--(cpu|memory|pids|io)/.test(word)) ? grades.limits : grades.plain;
}

/** Node's require, which copies a module's exports at every call, once for each of the fifty imports of a program. */
function requireOnce(name: string): unknown {
  if (!loaded.has(name)) loaded.set(name, require(name));
  return loaded.get(name);
}

/** Runs a program of dist/. Answers false when it declines this command line. */
function runProgram(name: string): boolean {
  const filename = `${__dirname}/${name}.cjs`;
  const cachePath = `${__dirname}/${name}.${process.version}.${process.arch}.v8`;
  const text = readFileSync(filename, "utf8");
  const digest = text.slice(2, 2 + digestLength);
  const cached = readCache(cachePath, digest);
  const script = new Script(text, { filename, ...(cached === null ? {} : { cachedData: cached.bytes }) });
  const program: { exports: { declined?: boolean } } = { exports: {} };
  script.runInThisContext()(program.exports, requireOnce, program, filename, __dirname);
  if (program.exports.declined === true) return false;
  if (cached?.grade !== grades.limits) {
    process.once("exit", (status) => {
      const grade = gradeOf(status);
      if (grade !== null && grade !== cached?.grade) writeCache(cachePath, script.createCachedData(), digest + grade);
    });
  }
  return true;
}

if (process.argv[2] !== "run" || !runProgram("run")) runProgram("program");
