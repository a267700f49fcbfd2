import type { ExecEvent, ForkEvent } from "../../events/index.ts";
import type { NodeProgram, ProcessNode } from "../../events/tree/index.ts";
import { ancestorsOf } from "../../events/tree/index.ts";
import type { ProcessIdentity } from "../../kernel/index.ts";
import { toPid } from "../../kernel/index.ts";
import type { MatchSubject } from "../../kernel/match/index.ts";
import type { Enrolment } from "../model/index.ts";
import type { Case } from "./case.ts";
import type { LookedUp } from "./input.ts";

/** A process that a rule has or might have, while it runs. */
export class Tracked {
  readonly node: ProcessNode;
  readonly #bootId: string;
  lookedUp: LookedUp | null;
  enrolment: Enrolment | null = null;
  /** Of a process that ran already, as near as /proc tells. */
  startNs: bigint | null = null;
  /** Programs that an earlier run of the policy saw it execute. */
  earlierPrograms = 0;
  /** Its last exec before this run of the policy, as that one remembered it. */
  earlierExecNs: bigint | null = null;
  cases: readonly Case[] = [];

  constructor(node: ProcessNode, lookedUp: LookedUp | null, bootId: string) {
    this.node = node;
    this.lookedUp = lookedUp;
    this.#bootId = bootId;
  }

  /** Start time 0 stands for one that was gone before it could be read: no process has it, so nothing is ever done to it. */
  get identity(): ProcessIdentity {
    return this.node.identity ?? { bootId: this.#bootId, pid: toPid(this.node.tgid), startTicks: 0 };
  }

  /** CLOCK_MONOTONIC of its last exec, null when nobody saw it. */
  get execNs(): bigint | null {
    return this.node.execNs ?? this.earlierExecNs;
  }

  /** Nothing may be known of it but what an earlier run of the policy saw: it must not be forgotten. */
  get isRemembered(): boolean {
    return this.earlierPrograms !== 0 || this.earlierExecNs !== null;
  }

  /** 1 for the first program it executed, growing with each exec. */
  get generation(): number {
    return this.node.generation + this.earlierPrograms;
  }

  get isEnded(): boolean {
    return this.node.end !== null;
  }
}

const joined = (argv: readonly string[] | null | undefined): string | null =>
  argv == null || argv.length === 0 ? null : argv.join(" ");

/** A process as patterns see it, of what events told. What is not told is hidden. */
class ToldSubject implements MatchSubject {
  readonly pid: number;
  readonly #uid: number | null;
  readonly #program: NodeProgram | null;

  constructor(pid: number, uid: number | null, program: NodeProgram | null) {
    this.pid = pid;
    this.#uid = uid;
    this.#program = program;
  }

  comm(): string | null {
    return this.#program?.comm ?? null;
  }
  uid(): number | null {
    return this.#uid;
  }
  argv(): string | null {
    return joined(this.#program?.argv);
  }
  exe(): string | null {
    return this.#program?.exe ?? null;
  }
  cwd(): string | null {
    return null;
  }
  groups(): readonly string[] | null {
    return null;
  }
  ageSec(): number | null {
    return null;
  }
  parent(): MatchSubject | null {
    return null;
  }
}

/** A process of the tree, with what was looked up. */
class NodeSubject extends ToldSubject {
  readonly #node: ProcessNode;
  readonly #lookedUp: LookedUp | null;

  constructor(node: ProcessNode, lookedUp: LookedUp | null) {
    super(node.tgid, node.uid, node.program);
    this.#node = node;
    this.#lookedUp = lookedUp;
  }

  override cwd(): string | null {
    return this.#lookedUp?.cwd ?? null;
  }
  override groups(): readonly string[] | null {
    return this.#lookedUp?.groups ?? null;
  }
  override parent(): MatchSubject | null {
    const { parent } = this.#node;
    return parent === null ? null : new NodeSubject(parent, null);
  }
}

/** A process of the tree as patterns see it. What was not looked up is hidden. */
export const subjectOf = (node: ProcessNode, lookedUp: LookedUp | null): MatchSubject =>
  new NodeSubject(node, lookedUp);

/** The process of an event that the tree has not been told yet. @param parent as the tree has it */
export const subjectOfEvent = (event: ExecEvent | ForkEvent, parent: ProcessNode | null): MatchSubject =>
  new ToldSubject(event.tgid, event.uid, event.kind === "exec" ? event : (parent?.program ?? null));

/**
 * The root of the tree that a process belongs to: the oldest of its ancestors that was started while the policy watched, which
 * for what one command starts is that command.
 */
export function lineageRoot(node: ProcessNode): ProcessNode {
  let root = node;
  for (const ancestor of ancestorsOf(node)) {
    if (ancestor.forkNs === null && ancestor.execNs === null) break;
    root = ancestor;
  }
  return root;
}
