import { mkdirSync, readlinkSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { requireThinClient } from "../kernel/index.ts";
import { CorralError, errnoOf, quote } from "../report/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { writeText } from "./output.ts";
import type { shimInstallFlags } from "./tool-flags.ts";

const inTheWay = (path: string): CorralError =>
  new CorralError("USAGE", `${quote(path)} is there already, and is not the stand-in of this Corral`, {
    object: path,
    fix: "choose a directory of its own for it",
  });

/** One level only: what Node does for more never ends below /proc. */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path);
  } catch (cause) {
    if (errnoOf(cause) !== "EEXIST") throw cause;
  }
}

function linkOf(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}

function putLink(client: string, path: string): void {
  try {
    symlinkSync(client, path);
  } catch (cause) {
    if (errnoOf(cause) !== "EEXIST") throw cause;
    if (linkOf(path) !== client) throw inTheWay(path);
  }
}

/**
 * `corral shim install`: puts a `bash` into a directory that makes tool calls of `bash -c`; prints its path. A second time it
 * finds it there.
 * @throws CorralError USAGE when another bash is there; SHIM_UNWRITABLE when it cannot be put there; NATIVE_MISSING
 */
export async function shimInstallCommand({ dir }: RawFlags<typeof shimInstallFlags>): Promise<number> {
  if (dir === undefined || dir === "")
    throw new CorralError("USAGE", "name the directory that bash is to be put into", {
      object: "--dir",
      fix: "corral shim install --dir /opt/agent/bin",
    });
  const client = requireThinClient();
  const path = join(resolve(dir), "bash");
  try {
    makeDirectory(dir);
    putLink(client, path);
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === null) throw cause;
    throw new CorralError("SHIM_UNWRITABLE", `cannot make ${quote(path)}: ${errno}`, {
      object: path,
      found: errno,
      fix: "choose a directory that you may write to, below one that is there",
      cause,
    });
  }
  writeText(1, `${path}\n`);
  return 0;
}
