import type { ProcessIdentity } from "../../kernel/index.ts";
import type { NodeEnd, NodeProgram, ProcessNode } from "./process-node.ts";

/** A process as the tree keeps it. */
export class TreeNode implements ProcessNode {
  readonly tgid: number;
  identity: ProcessIdentity | null = null;
  ancestry: "told" | "seen" = "seen";
  ppid: number | null = null;
  generation = 1;
  executed = false;
  program: NodeProgram | null = null;
  uid: number | null = null;
  cgroupId: bigint | null = null;
  forkNs: bigint | null = null;
  execNs: bigint | null = null;
  end: NodeEnd | null = null;
  degraded = false;
  marks = 0;
  /** CLOCK_MONOTONIC of the last event about it. */
  sinceNs: bigint;
  /** Its parent when that was last told, which may have ended since. */
  lastParent: TreeNode | null = null;
  /** Start of its first child, by which it had started itself; null where that was not told. */
  startedByTicks: number | null = null;
  /** Only named as a parent so far: nothing was told of the process itself. */
  placeholder = false;
  /** It leads from its children to its parent, and nothing else. */
  forgotten = false;
  /** It has been the parent of a process. */
  hasChildren = false;
  /** The processes that had this pid after it and before it. */
  newer: TreeNode | null = null;
  older: TreeNode | null = null;
  /** Its end was lost: what was forked under its pid after this time may be the child of a later process. Null: it was not. */
  certainUntilNs: bigint | null = null;
  #link: TreeNode | null = null;
  #linkedNs = 0n;

  constructor(tgid: number, sinceNs: bigint) {
    this.tgid = tgid;
    this.sinceNs = sinceNs;
  }

  get parent(): TreeNode | null {
    this.#shorten();
    return this.#link;
  }

  /** Makes a process its parent that was told as such at this time. */
  link(parent: TreeNode, timeNs: bigint): void {
    this.#link = parent;
    this.#linkedNs = timeNs;
  }

  /** Leads directly to the parent, so that the forgotten ones in between are held no longer. */
  settle(): void {
    this.#shorten();
    if (this.lastParent?.end !== null) this.lastParent = null;
  }

  /** Gives up everything but the way from its children to its parent. */
  dismiss(): void {
    this.forgotten = true;
    this.program = null;
    this.lastParent = null;
    this.newer = null;
    this.older = null;
  }

  /** Leads to the first ancestor that is remembered, and so do all on the way; to none where a step is in doubt. */
  #shorten(): void {
    const first = this.#certainLink();
    if (first === null || !first.forgotten) return;
    const way: TreeNode[] = [this];
    let last: TreeNode = first;
    for (let next: TreeNode | null = first; next?.forgotten === true; next = next.#certainLink()) {
      way.push(next);
      last = next;
    }
    for (const node of way) {
      node.#link = last.#link;
      node.#linkedNs = last.#linkedNs;
    }
  }

  /** The next step of the way, which is given up when it is in doubt. */
  #certainLink(): TreeNode | null {
    const certainUntilNs = this.#link?.certainUntilNs ?? null;
    if (certainUntilNs !== null && this.#linkedNs > certainUntilNs) this.#link = null;
    return this.#link;
  }
}
