import { CorralError } from "../report/index.ts";
import { spawnWithAddon } from "./addon-child.ts";
import type { ChildHandle, SpawnRequest } from "./child-handle.ts";
import { loadAddon } from "./native-addon.ts";
import { spawnWithNode } from "./node-child.ts";

/** C strings end at the first NUL: what follows would silently be lost. */
export function refuseNul(texts: readonly string[]): void {
  // One look at the whole instead of a hundred at the parts.
  if (!texts.join("").includes("\0")) return;
  const bad = texts.find((text) => text.includes("\0"));
  throw new CorralError("START_FAILED", "a program, argument or environment entry contains a NUL character", {
    object: JSON.stringify(bad).slice(0, 80),
    fix: "remove the NUL character",
  });
}

/**
 * Starts a program and resolves once it was executed, without waiting for it: through the addon
 * (clone3, pidfd, resource usage) or, where that is missing, through node:child_process.
 * @throws CorralError NATIVE_CALL with the errno of the failed step (`execve`, `chdir`, `dup3`, `clone3`).
 */
export async function spawnProcess(request: SpawnRequest): Promise<ChildHandle> {
  refuseNul([request.file, request.cwd ?? "", ...request.argv, ...request.env]);
  const addon = loadAddon();
  return (addon === null ? await spawnWithNode(request) : await spawnWithAddon(addon, request)).child;
}
