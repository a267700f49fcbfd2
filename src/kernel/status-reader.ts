import { readSync } from "node:fs";
import { errnoOf } from "../report/index.ts";
import type { NativeAddon } from "./native-addon.ts";
import { fdEvents } from "./native-addon.ts";
import { nativeCallError } from "./native-error.ts";

/** Reads the launcher's status to its end; `onText` sees every longer prefix that comes before. */
export type StatusReader = (onText: (text: string) => void) => Promise<string>;

function readAvailable(fd: number, buffer: Buffer): number | null {
  try {
    return readSync(fd, buffer);
  } catch (thrown) {
    if (errnoOf(thrown) === "EAGAIN") return null;
    throw thrown;
  }
}

/** Whether the launcher, told these arguments, can write its whole status before anybody reads. */
export function fitsPipe(argv: readonly string[]): boolean {
  // A pipe holds 64 KiB (pipe(7)); the status repeats paths, each byte as four at worst, and some short values.
  return argv.reduce((sum, { length }) => sum + length, 0) <= 8192;
}

/** Wakes up at every line. */
export const readLines = (addon: NativeAddon, fd: number): StatusReader => read(addon, fd, fdEvents.readable);

/** Wakes up once, when the pipe has closed: each wake-up would hold the event loop for longer than the line is worth. */
export const readAtEnd = (addon: NativeAddon, fd: number): StatusReader => read(addon, fd, fdEvents.disconnect);

function read(addon: NativeAddon, fd: number, events: number): StatusReader {
  return (onText) =>
    new Promise((resolve, reject) => {
      // Half of Buffer's pool at most, or it would be an allocation of its own.
      const buffer = Buffer.allocUnsafe(2048);
      const chunks: Buffer[] = [];
      const finish = (settle: () => void): void => {
        watcher.close();
        addon.close(fd);
        settle();
      };
      const watcher = addon.watchFd(fd, events, () => {
        try {
          const length = readAvailable(fd, buffer);
          if (length === null) return;
          chunks.push(Buffer.from(buffer.subarray(0, length)));
          const text = Buffer.concat(chunks).toString("utf8");
          // After the hang-up, less than was asked for is the rest.
          const ended = length === 0 || (events === fdEvents.disconnect && length < buffer.length);
          if (ended) finish(() => resolve(text));
          else onText(text);
        } catch (thrown) {
          finish(() => reject(nativeCallError("read", thrown, "launcher status")));
        }
      });
    });
}
