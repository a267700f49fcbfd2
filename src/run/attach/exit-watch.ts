import type { ForeignProcess, ProcessIdentity } from "../../kernel/index.ts";
import { observeProcess } from "../../kernel/index.ts";

/** How long a parent may take to reap a child whose status nobody else can tell. */
const reapTimeoutMs = 2000;

/** Watches the end of a process that is not our child; null when it has ended already. */
export async function watchForExit(identity: ProcessIdentity): Promise<ForeignProcess | null> {
  return observeProcess(identity, { reapTimeoutMs, eventStatus: () => null });
}
