import { writeSync } from "node:fs";
import { errnoOf } from "../report/index.ts";

/** Pause between attempts when a pipe that somebody made non-blocking is full. */
const fullPipePauseMs = 2;

function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/**
 * Writes text to descriptor 1 or 2 in order and whole, without loading Node's streams. A reader that has
 * gone away (EPIPE) or a closed descriptor (EBADF) ends the writing silently.
 */
export function writeText(fd: 1 | 2, text: string | Buffer): void {
  const bytes = typeof text === "string" ? Buffer.from(text, "utf8") : text;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (thrown) {
      const errno = errnoOf(thrown);
      if (errno === "EPIPE" || errno === "EBADF" || errno === "EIO") return;
      if (errno !== "EAGAIN") throw thrown;
      pause(fullPipePauseMs);
    }
  }
}

/** One line of Corral's own on stderr. */
export function say(line: string): void {
  writeText(2, `[corral] ${line}\n`);
}
