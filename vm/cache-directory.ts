import { mkdir } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { CorralError } from "../src/report/index.ts";

/** Where kernels and locks are kept: $XDG_CACHE_HOME/corral/vm, or ~/.cache/corral/vm. */
export function vmCacheDirectory(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const configured = env["XDG_CACHE_HOME"];
  const base = configured?.startsWith("/") === true ? configured : join(homedir(), ".cache");
  return join(base, "corral", "vm");
}

/**
 * Creates a directory below the cache, with its parents.
 * @throws {CorralError} VM_UNAVAILABLE naming the directory
 */
export async function makeCacheDirectory(...names: readonly string[]): Promise<string> {
  const path = join(vmCacheDirectory(), ...names);
  try {
    await mkdir(path, { recursive: true, mode: 0o755 });
    return path;
  } catch (error) {
    throw new CorralError("VM_UNAVAILABLE", `the cache directory ${path} cannot be created`, {
      object: path,
      fix: "make it writable or set XDG_CACHE_HOME",
      cause: error,
    });
  }
}
