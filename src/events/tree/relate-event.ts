import type { LifecycleEvent } from "../lifecycle-event.ts";
import type { TreeNode } from "./tree-node.ts";

/** Whose event it is: that of the process which has the pid, of one that had it before, or of one that has it now. */
export type Relation = "same" | "former" | "next";

/**
 * Tells an event of a process from one of another process with the same pid. Start times decide; where one of them was
 * not told, the order of the events does: a pid is given away again only after its process has ended.
 */
export function relateEvent(
  node: Pick<TreeNode, "identity" | "sinceNs" | "placeholder" | "startedByTicks">,
  event: LifecycleEvent,
): Relation {
  const startTicks = event.identity?.startTicks ?? null;
  if (node.identity !== null && startTicks !== null) {
    const later = startTicks - node.identity.startTicks;
    return later === 0 ? "same" : later < 0 ? "former" : "next";
  }
  // Nobody is younger than his child.
  if (startTicks !== null && node.startedByTicks !== null && startTicks > node.startedByTicks) return "next";
  if (event.kind !== "fork" || event.timestampNs <= node.sinceNs) return "same";
  // A scan tells of a process whose children were told before it was itself.
  return node.placeholder && event.reconciled ? "same" : "next";
}
