import type { Fits } from "../../report/index.ts";
import { textGlob } from "../../report/index.ts";
import type { ProcessNode, ProcessTree } from "../tree/index.ts";
import { ancestorsOf } from "../tree/index.ts";
import type { TreeSelection } from "./monitor-options.ts";

/** The mark of a process that is followed. */
const followed = 1;

/** The kernel keeps no more of a name (prctl(2), PR_SET_NAME). */
const commBytes = 15;

/** A plain name fits what the kernel keeps of it. */
function commFits(pattern: string): Fits {
  if (/[*?[\\]/.test(pattern) || Buffer.byteLength(pattern, "utf8") <= commBytes) return textGlob(pattern);
  return textGlob(Buffer.from(pattern, "utf8").toString("utf8", 0, commBytes));
}

/**
 * Knows which processes are followed: those that were selected and whatever descends from them, for ever, whoever their
 * parent is by now.
 */
export class ProcessTracker {
  readonly #tree: ProcessTree;
  readonly #comms: readonly Fits[];
  /** Pids that no process was told to have yet. */
  readonly #pids: Set<number>;

  /** @throws RangeError for a pattern that is none */
  constructor(tree: ProcessTree, { comms, pids }: TreeSelection) {
    this.#tree = tree;
    this.#comms = comms.map(commFits);
    this.#pids = new Set(pids);
  }

  /** Looks at what ran before the first event. */
  begin(): void {
    const roots = new Set([...this.#tree.running()].filter((node) => this.#isSelected(node)));
    for (const root of roots) this.#pids.delete(root.tgid);
    for (const node of this.#tree.running()) {
      const isIt = roots.has(node) || [...ancestorsOf(node)].some((ancestor) => roots.has(ancestor));
      if (isIt) this.#tree.mark(node, followed);
    }
  }

  /** Looks at a process that was just forked or has executed a program. */
  consider(node: ProcessNode): void {
    if (!this.#isSelected(node)) return;
    this.#pids.delete(node.tgid);
    this.#tree.mark(node, followed);
  }

  isFollowed(node: ProcessNode): boolean {
    return (node.marks & followed) !== 0;
  }

  #isSelected({ tgid, program }: ProcessNode): boolean {
    if (this.#pids.has(tgid)) return true;
    const comm = program?.comm ?? null;
    return comm !== null && this.#comms.some((fits) => fits(comm));
  }
}
