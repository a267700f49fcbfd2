import { closeSync, openSync, readSync, statSync } from "node:fs";
import path from "node:path";
import { readProcLink, readProcText } from "./proc-read.ts";

// Smaller programs do not contain a JavaScript engine.
const leastBytes = 16_000_000;
const chunkBytes = 4_194_304;
/** Every Node, under whatever name and embedded in whatever program, reads this variable. */
const mark = Buffer.from("NODE_OPTIONS\0", "latin1");

const verdicts = new Map<string, boolean>();
const maxVerdicts = 256;

function contains(file: string, wanted: Buffer): boolean {
  const fd = openSync(file, "r");
  try {
    const chunk = Buffer.alloc(chunkBytes + wanted.length);
    for (let at = 0; ; at += chunkBytes) {
      const count = readSync(fd, chunk, 0, chunk.length, at);
      if (chunk.subarray(0, count).includes(wanted)) return true;
      if (count < chunk.length) return false;
    }
  } finally {
    closeSync(fd);
  }
}

function examine(exe: string): boolean {
  const { dev, ino, size, mtimeMs } = statSync(exe);
  if (size < leastBytes) return false;
  const key = `${dev}:${ino}:${size}:${mtimeMs}`;
  const before = verdicts.get(key);
  if (before !== undefined) return before;
  const verdict = contains(exe, mark);
  if (verdicts.size >= maxVerdicts) verdicts.clear();
  verdicts.set(key, verdict);
  return verdict;
}

/**
 * Whether a process is a Node, which opens its inspector when SIGUSR1 arrives: by the name of its executable, or by what is in it or
 * loaded by it. True also where that cannot be seen.
 */
export function isNodeProgram(pid: number): boolean {
  const exe = `/proc/${pid}/exe`;
  const target = readProcLink(exe);
  if (target === null || /^node(js)?(-|$)/.test(path.basename(target.path))) return true;
  try {
    return examine(exe) || /\/libnode\.so[.\d]*$/m.test(readProcText(`/proc/${pid}/maps`) ?? "");
  } catch {
    return true;
  }
}
