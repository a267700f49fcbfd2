import { FirstInFirstOut } from "../first-in-first-out.ts";
import type { ExecEvent, ExitEvent, ForkEvent, LifecycleEvent } from "../lifecycle-event.ts";
import type { NodeEnd, ProcessNode, RunningProcess, TreeSize } from "./process-node.ts";
import { isDescendant } from "./process-node.ts";
import { relateEvent } from "./relate-event.ts";
import { TreeNode } from "./tree-node.ts";

export interface ProcessTreeOptions {
  /** Most ended processes that are remembered; the ones that ended first go first. Default 8192. */
  readonly endedMost?: number;
  /** Milliseconds for which an ended process is remembered, on the clock of the events. Default 60,000. */
  readonly endedMs?: number;
}

/** Most processes that are known by their children alone; more are forgotten. */
const placeholdersMost = 4096;

/** Forgotten processes that may lead from children to parents before they are cut out. */
const fewestBridges = 1024;

/** A lost end is found within this time, so that what was told before it was told of the process itself. */
const doubtNs = 2_000_000_000n;

const lost = { code: null, signal: null, coreDumped: null } as const;

/**
 * The processes of a host as its events tell them: who forked whom, through forks without exec, subshells, daemons that
 * leave their parents, and pids that are used again. Every event costs the same, however many processes there are
 * and were, and the memory is bounded by the processes that run and the ended ones that are remembered.
 *
 * Ancestry is by fork. When a process is forgotten, its children become those of its parent, so that the rest
 * of the ancestry stays true. Of a process whose fork was lost the parent is the one that /proc shows, which is
 * another ancestor when the first one had ended. Of a process that was forked shortly before its parent's end was found to
 * be lost no parent is named: the pid may have been another's by then.
 */
export class ProcessTree {
  readonly #endedMost: number;
  readonly #endedNs: bigint;
  /** The last process of each pid; the ones before it hang on `older`. */
  readonly #newest = new Map<number, TreeNode>();
  readonly #ended = new FirstInFirstOut<TreeNode>();
  readonly #placeholders = new FirstInFirstOut<TreeNode>();
  #bridges = 0;
  #nowNs = 0n;

  constructor({ endedMost = 8192, endedMs = 60_000 }: ProcessTreeOptions = {}) {
    this.#endedMost = endedMost;
    this.#endedNs = BigInt(Math.round(endedMs * 1e6));
  }

  /** Takes in what ran before the first event. Call it once, before `apply`; the order of the processes does not matter. */
  adopt(processes: Iterable<RunningProcess>, timeNs: bigint): void {
    const nodes: [TreeNode, number | null][] = [];
    for (const { tgid, identity, ppid, executed, program, uid, cgroupId } of processes) {
      if (this.#running(tgid) !== null) continue;
      const node = this.#create(tgid, timeNs);
      Object.assign(node, { identity, executed, program, uid, cgroupId });
      nodes.push([node, ppid]);
    }
    for (const [node, ppid] of nodes) this.#seeParent(node, ppid);
  }

  /**
   * Takes in the next event.
   * @returns the process it is about; null for an event of a process that has ended already, which changes nothing
   */
  apply(event: LifecycleEvent): ProcessNode | null {
    if (event.timestampNs > this.#nowNs) this.#nowNs = event.timestampNs;
    const node = this.#take(event);
    this.#forgetOld();
    return node;
  }

  /** The process that has this pid and runs, as far as events have told. */
  find(tgid: number): ProcessNode | null {
    return this.#running(tgid);
  }

  /** The process with this pid and start time, also when it has ended and is remembered. */
  recall(tgid: number, startTicks: number): ProcessNode | null {
    for (let node = this.#newest.get(tgid) ?? null; node !== null; node = node.older)
      if (node.identity?.startTicks === startTicks) return node;
    return null;
  }

  /** The processes that run, without those that are known by their children alone. */
  *running(): Iterable<ProcessNode> {
    for (const node of this.#newest.values()) if (node.end === null && !node.placeholder) yield node;
  }

  /** The present parent, as far as it was told: null when that one has ended and nothing was told since. */
  presentParent(node: ProcessNode): ProcessNode | null {
    const parent = (node as TreeNode).lastParent;
    return parent === null || parent.end !== null ? null : parent;
  }

  /**
   * Marks a process with these bits, and by that what it forks from now on, and what of its children executes a program
   * from now on, with all their descendants. Unlike a walk to an ancestor this costs nothing, and outlives its being forgotten.
   */
  mark(node: ProcessNode, bits: number): void {
    (node as TreeNode).marks |= bits;
  }

  size(): TreeSize {
    const ended = this.#ended.size;
    return { processes: this.#newest.size, ended, bridges: this.#bridges };
  }

  #running(tgid: number): TreeNode | null {
    const node = this.#newest.get(tgid);
    return node === undefined || node.end !== null ? null : node;
  }

  #take(event: LifecycleEvent): TreeNode | null {
    if (event.kind === "fork") return this.#fork(event);
    const node = this.#claim(event);
    if (node === null) return null;
    if (event.kind === "exec") this.#exec(node, event);
    else this.#exit(node, event);
    return node;
  }

  #fork(event: ForkEvent): TreeNode | null {
    const { tgid, timestampNs, ppid, reconciled } = event;
    const known = this.#known(event);
    if (known === "over") return null;
    const node = known ?? this.#create(tgid, timestampNs);
    learn(node, event);
    if (node.ancestry === "told") return node;
    if (reconciled || event.source === "polling") {
      if (node.parent === null) this.#seeParent(node, ppid);
      return node;
    }
    node.ancestry = "told";
    node.forkNs = timestampNs;
    this.#seeParent(node, ppid);
    return node;
  }

  #exec(node: TreeNode, { comm, exe, argv, argvTruncated, timestampNs }: ExecEvent): void {
    if (node.executed) node.generation += 1;
    node.executed = true;
    node.execNs = timestampNs;
    node.program = { comm, exe, argv, argvTruncated };
    node.marks |= node.parent?.marks ?? 0;
  }

  #exit(node: TreeNode, { code, signal, coreDumped, timestampNs: timeNs }: ExitEvent): void {
    this.#end(node, { code, signal, coreDumped, timeNs });
  }

  /** The process of an exec or exit, made when its fork was lost; null for one that has ended. */
  #claim(event: ExecEvent | ExitEvent): TreeNode | null {
    const known = this.#known(event);
    if (known === "over") return null;
    const node = known ?? this.#create(event.tgid, event.timestampNs);
    if (known === null) node.degraded = true;
    else if (event.kind === "exit" && event.reconciled) doubtChildren(node, event.timestampNs);
    learn(node, event);
    if (node.parent === null) this.#seeParent(node, event.ppid);
    else if (event.ppid !== null) this.#noteParent(node, event.ppid);
    return node;
  }

  /** The running process that an event is about; null when there is none yet, `over` when it has ended. */
  #known(event: LifecycleEvent): TreeNode | "over" | null {
    const node = this.#newest.get(event.tgid);
    if (node === undefined) return null;
    const relation = relateEvent(node, event);
    if (relation === "former") return "over";
    if (node.end !== null) {
      const isCertain = node.identity !== null && event.identity !== null;
      return relation === "same" && (isCertain || event.timestampNs <= node.sinceNs) ? "over" : null;
    }
    if (relation === "same") return node;
    // Its end was lost.
    node.degraded = true;
    doubtChildren(node, event.timestampNs);
    this.#end(node, { ...lost, timeNs: event.timestampNs });
    return null;
  }

  #create(tgid: number, timeNs: bigint): TreeNode {
    const node = new TreeNode(tgid, timeNs);
    const older = this.#newest.get(tgid);
    if (older !== undefined) {
      node.older = older;
      older.newer = node;
    }
    this.#newest.set(tgid, node);
    return node;
  }

  /** Notes who the parent is now, and takes it as the one that forked the process. */
  #seeParent(node: TreeNode, ppid: number | null): void {
    // Process 1 and the first kernel thread have the parent 0, and so has whoever came from outside of the pid namespace.
    if (ppid === null || ppid === 0) return;
    const parent = this.#running(ppid) ?? this.#assume(ppid, node);
    node.ppid = ppid;
    node.lastParent = parent;
    // What was a parent before it was told itself could be one of its own ancestors, when pids were used again unseen.
    if (parent === node || (node.hasChildren && isDescendant(parent, node))) return;
    parent.hasChildren = true;
    node.link(parent, node.sinceNs);
    node.marks |= parent.marks;
    node.uid ??= parent.uid;
    node.cgroupId ??= parent.cgroupId;
    if (!node.executed) node.program ??= parent.program;
  }

  #noteParent(node: TreeNode, ppid: number): void {
    if (node.ppid === ppid && node.lastParent?.end === null) return;
    node.ppid = ppid;
    node.lastParent = this.#running(ppid);
  }

  /** A parent of which nothing was told: what was will be, if it still runs. */
  #assume(tgid: number, { sinceNs, identity }: TreeNode): TreeNode {
    const node = this.#create(tgid, sinceNs);
    node.startedByTicks = identity?.startTicks ?? null;
    node.placeholder = true;
    node.degraded = true;
    this.#placeholders.push(node);
    if (this.#placeholders.size > placeholdersMost) {
      const oldest = this.#placeholders.shift();
      if (oldest?.placeholder === true && oldest.end === null) this.#forget(oldest);
    }
    return node;
  }

  #end(node: TreeNode, end: NodeEnd): void {
    node.end = end;
    node.lastParent = null;
    this.#ended.push(node);
  }

  #forgetOld(): void {
    for (let oldest = this.#ended.peek(); oldest !== undefined; oldest = this.#ended.peek()) {
      const isDue = this.#nowNs - (oldest.end?.timeNs ?? 0n) > this.#endedNs;
      if (this.#ended.size <= this.#endedMost && !isDue) return;
      this.#ended.shift();
      this.#forget(oldest);
    }
  }

  #forget(node: TreeNode): void {
    const { newer, older, tgid } = node;
    if (older !== null) older.newer = newer;
    if (newer !== null) newer.older = older;
    else if (older !== null) this.#newest.set(tgid, older);
    else this.#newest.delete(tgid);
    node.dismiss();
    this.#bridges += 1;
    // As many steps as processes were forgotten since the last time: a constant cost for each.
    if (this.#bridges > Math.max(fewestBridges, this.#newest.size)) this.#cutBridges();
  }

  /** Leads every process to a remembered parent, so that nothing holds the forgotten ones any more. */
  #cutBridges(): void {
    for (const newest of this.#newest.values())
      for (let node: TreeNode | null = newest; node !== null; node = node.older) node.settle();
    this.#bridges = 0;
  }
}

/** Its end was lost and found at this time: whether its last children are its own, nobody knows. */
function doubtChildren(node: TreeNode, foundNs: bigint): void {
  const certainNs = foundNs - doubtNs;
  node.certainUntilNs = certainNs > node.sinceNs ? certainNs : node.sinceNs;
}

/** Takes over what an event tells of its process. */
function learn(node: TreeNode, { identity, uid, cgroupId, timestampNs }: LifecycleEvent): void {
  node.identity ??= identity;
  node.uid = uid ?? node.uid;
  node.cgroupId = cgroupId ?? node.cgroupId;
  node.placeholder = false;
  if (timestampNs > node.sinceNs) node.sinceNs = timestampNs;
}
