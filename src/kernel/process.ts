import { spawnWithAddon } from "./addon-child.ts";
import type { ChildHandle, SpawnRequest } from "./child-handle.ts";
import { loadAddon } from "./native-addon.ts";
import { spawnWithNode } from "./node-child.ts";

/**
 * Starts a program and resolves once it was executed, without waiting for it: through the addon
 * (clone3, pidfd, resource usage) or, where that is missing, through node:child_process.
 * @throws CorralError NATIVE_CALL with the errno of the failed step (`execve`, `chdir`, `dup3`, `clone3`).
 */
export async function spawnProcess(request: SpawnRequest): Promise<ChildHandle> {
  const addon = loadAddon();
  return (addon === null ? await spawnWithNode(request) : await spawnWithAddon(addon, request)).child;
}
