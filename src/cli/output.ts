import { writeSync } from "node:fs";
import { CorralError, errnoOf } from "../report/index.ts";

/** Pause between attempts when a pipe that somebody made non-blocking is full. */
const fullPipePauseMs = 2;

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/**
 * Writes text to descriptor 1 or 2 in order and whole, without loading Node's streams. A reader that has
 * gone away (EPIPE) or a closed descriptor (EBADF) ends the writing silently, and so does whatever is wrong with stderr.
 * @returns false when nobody reads any more
 * @throws CorralError REPORT_UNWRITABLE when stdout takes no more (a full disk)
 */
export function writeWhileRead(fd: 1 | 2, text: string | Buffer): boolean {
  const bytes = typeof text === "string" ? Buffer.from(text, "utf8") : text;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (thrown) {
      const errno = errnoOf(thrown);
      if (errno === "EAGAIN") pause(fullPipePauseMs);
      else if (fd === 2 || errno === "EPIPE" || errno === "EBADF" || errno === "EIO") return false;
      else throw new CorralError("REPORT_UNWRITABLE", `cannot write to standard output: ${errno}`, { cause: thrown });
    }
  }
  return true;
}

/** As `writeWhileRead`, for those who have no more to write. */
export function writeText(fd: 1 | 2, text: string | Buffer): void {
  writeWhileRead(fd, text);
}

/** One line of Corral's own on stderr. */
export function say(line: string): void {
  writeText(2, `[corral] ${line}\n`);
}
