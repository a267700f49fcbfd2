import { release } from "node:os";
import type { ForeignProcess, ProcessIdentity } from "../../kernel/index.ts";
import { loadAddon, observeProcess } from "../../kernel/index.ts";

/** How long a parent may take to reap a child whose status nobody else can tell. */
const reapTimeoutMs = 2000;

/**
 * Whether the kernel keeps the status of a process that was reaped (PIDFD_INFO_EXIT, Linux 6.15). A pidfd of a process
 * that lives does not show it, so this goes by the version; a kernel that has it all the same is only asked later.
 */
function kernelKeepsStatus(): boolean {
  const [major = 0, minor = 0] = release().split(".").map(Number);
  return major > 6 || (major === 6 && minor >= 15);
}

/** Watches the end of a process that is not our child; null when it has ended already. */
export async function watchForExit(identity: ProcessIdentity): Promise<ForeignProcess | null> {
  // Older kernels tell a status only while it happens, and only to who listens already.
  const listens = !kernelKeepsStatus() && loadAddon() !== null;
  const events = listens ? await (await import("./exit-events.ts")).listenForExit(identity) : null;
  try {
    return observeProcess(identity, { reapTimeoutMs, events });
  } catch (thrown) {
    events?.close();
    throw thrown;
  }
}
