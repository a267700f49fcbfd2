import type { ProcessIdentity } from "../../kernel/index.ts";
import type { ExecutedProgram, ExitEvent, ProcessOwner } from "../lifecycle-event.ts";

/** What a process runs. A child runs its parent's program until it executes another. */
export interface NodeProgram extends ExecutedProgram {
  /** Name of the process, untrusted; null when it was gone before its name could be read. */
  readonly comm: string | null;
}

/** A process that runs or ran, as the events told it. */
export interface ProcessNode extends ProcessOwner {
  readonly tgid: number;
  /** Null as long as no event told it. */
  readonly identity: ProcessIdentity | null;
  /**
   * The process that forked it, or the nearest of its ancestors that is still remembered. It stays when that one ends and
   * the kernel gives its children to another parent. Null: none is known.
   */
  readonly parent: ProcessNode | null;
  /** `told`: the kernel told who forked it. `seen`: the parent is the one that a look at /proc found, maybe long after. */
  readonly ancestry: "told" | "seen";
  /** Parent when it was last told, null when never. */
  readonly ppid: number | null;
  /** 1 until it executes a second program, then one more with each. */
  readonly generation: number;
  /** It has executed a program since its fork. */
  readonly executed: boolean;
  readonly program: NodeProgram | null;
  /** CLOCK_MONOTONIC of fork and last exec; null when they were not told. */
  readonly forkNs: bigint | null;
  readonly execNs: bigint | null;
  /** Null while it runs. */
  readonly end: NodeEnd | null;
  /** An event about it was lost, so that something here may be incomplete. */
  readonly degraded: boolean;
  /** Bits that its children get too, when they are forked and when they execute; see `ProcessTree.mark`. */
  readonly marks: number;
}

/** How and when a process ended; a status that nobody told is null. */
export interface NodeEnd extends Pick<ExitEvent, "code" | "signal" | "coreDumped"> {
  readonly timeNs: bigint;
}

/** A process that ran before the first event. */
export interface RunningProcess extends ProcessOwner {
  readonly tgid: number;
  readonly identity: ProcessIdentity | null;
  readonly ppid: number | null;
  readonly executed: boolean;
  readonly program: NodeProgram;
}

/** What a tree holds. */
export interface TreeSize {
  /** Distinct pids of processes that run or are remembered. */
  readonly processes: number;
  /** Ended processes that are remembered. */
  readonly ended: number;
  /** Forgotten processes that may still be held by their children. */
  readonly bridges: number;
}

/** The ancestors of a process, its parent first, as far as they are remembered. */
export function* ancestorsOf(node: ProcessNode): Iterable<ProcessNode> {
  for (let one = node.parent; one !== null; one = one.parent) yield one;
}

/** Whether a process descends from another one, that is still remembered; no process descends from itself. */
export function isDescendant(node: ProcessNode, root: ProcessNode): boolean {
  for (let one = node.parent; one !== null; one = one.parent) if (one === root) return true;
  return false;
}
