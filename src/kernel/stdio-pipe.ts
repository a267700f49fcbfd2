import { closeSync, constants, openSync } from "node:fs";
import { requireAddon } from "./native-addon.ts";
import { once } from "./once.ts";

/** A pipe between this process and a child to come. Both ends are close-on-exec. */
export interface StdioPipe {
  /** For libuv, which makes it non-blocking and closes it (`net.Socket`). */
  readonly ours: number;
  /** Becomes a descriptor of the child; blocking, as programs expect it. */
  readonly childs: number;
  /** Closes the child's end here: it has its own by now, or never will. Idempotent. */
  closeChilds(): void;
  /** Closes our end, when nothing has taken it over. Idempotent. */
  closeOurs(): void;
}

/**
 * A pipe that the child writes (`output`) or reads (`input`).
 * @throws CorralError NATIVE_MISSING without the addon, NATIVE_CALL (EMFILE)
 */
export function openStdioPipe(kind: "input" | "output"): StdioPipe {
  const addon = requireAddon();
  const [read, write] = addon.pipe();
  const close = (fd: number): (() => void) => once(() => addon.close(fd));
  if (kind === "output") return { ours: read, childs: write, closeChilds: close(write), closeOurs: close(read) };
  try {
    // Non-blocking is a property of the open file: opened once more, the same pipe has an end that blocks.
    const childs = openSync(`/proc/self/fd/${read}`, constants.O_RDONLY);
    return { ours: write, childs, closeChilds: once(() => closeSync(childs)), closeOurs: close(write) };
  } catch (thrown) {
    addon.close(write);
    throw thrown;
  } finally {
    addon.close(read);
  }
}
