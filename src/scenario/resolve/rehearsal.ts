import type { RawSettings } from "../../run/settings/index.ts";
import type { ModuleReference } from "../model/index.ts";
import type { Topology } from "../topology/index.ts";
import { nodesOf } from "../topology/index.ts";
import { effectiveCpus } from "./effective-cpus.ts";
import type { Place } from "./problems.ts";
import type { ScenarioController } from "./resolved-group.ts";
import type { ResolvedPayloadRun } from "./resolved-payload.ts";

/** How long something lasts: for the whole scenario, or until its step ends. */
export type Slot = "backdrop" | "step";

/** Sets of workers, by whose they are. */
export type Handles = Record<Slot, number>;

/** A group as far as it can be known beforehand. */
export interface GroupState {
  readonly name: string;
  readonly slot: Slot;
  /** Settings in force, cpusets too. */
  raw: RawSettings;
  /** Its own cpuset, and its own memory nodes; null: inherited. */
  cpus: readonly number[] | null;
  readonly mems: readonly number[] | null;
  /** Sets of workers that run in it. */
  handles: Handles;
  /** It was told to freeze. */
  frozen: boolean;
}

/** A payload that may be running. */
export interface RunState extends ResolvedPayloadRun {
  readonly slot: Slot;
  /** A kill_cgroup ended it: a frozen group does not keep that back. */
  isKilled: boolean;
}

/** A group with processes, and a group below it. */
export interface Crowded {
  readonly above: string;
  readonly below: string;
  /** Where the second of the two came. */
  readonly place: Place;
}

/** Of its own every time: they are counted up where they stand. */
export const noHandles = (): Handles => ({ backdrop: 0, step: 0 });
const isWithin = (name: string, group: string): boolean => name === group || name.startsWith(`${group}/`);

export const countHandles = ({ backdrop, step }: Handles): number => backdrop + step;

/** Name of the group above; null at the top. */
export const parentName = (name: string): string | null =>
  name.includes("/") ? name.slice(0, name.lastIndexOf("/")) : null;

/** What is wrong with a module of the user's, completing `module "x" …`; null: its function is there. */
export type ModuleJudge = (reference: ModuleReference) => string | null;

const noFault: ModuleJudge = () => null;

/** What is known to stand at a point of the choreography. Resolving goes through it once, in the order of its execution. */
export class Rehearsal {
  readonly topology: Topology;
  readonly judgeModule: ModuleJudge;
  /** In the order they were made. */
  readonly groups = new Map<string, GroupState>();
  /** Workers without a group. */
  runner: Handles = noHandles();
  runs: RunState[] = [];
  /** A scheduler of ours runs. */
  hasScheduler = false;
  /** Where new things belong. */
  slot: Slot = "backdrop";
  /** Groups that the setup of this step will make after its ops. */
  upcoming: ReadonlySet<string> = new Set();
  /** Groups of earlier steps, with the step that they ended with. */
  readonly ended = new Map<string, number>();
  /** Groups that have, or had, processes while another was below them. */
  readonly crowded: Crowded[] = [];
  /** Controllers that each group must have, over the whole scenario. */
  readonly needs = new Map<string, Set<ScenarioController>>();

  constructor(topology: Topology, judgeModule: ModuleJudge = noFault) {
    this.topology = topology;
    this.judgeModule = judgeModule;
  }

  need(name: string, controllers: readonly ScenarioController[]): void {
    const known = this.needs.get(name) ?? new Set();
    this.needs.set(name, known);
    for (const controller of controllers) known.add(controller);
  }

  /** @param place where it is made */
  addGroup(facts: Pick<GroupState, "name" | "raw" | "cpus" | "mems">, place: Place): GroupState {
    const group: GroupState = { ...facts, slot: this.slot, handles: noHandles(), frozen: false };
    const above = this.#lineOf(group.name).filter((one) => this.#hasProcesses(one));
    this.crowded.push(...above.map(({ name }) => ({ above: name, below: group.name, place })));
    this.groups.set(group.name, group);
    return group;
  }

  /** Processes come to a group. @param place where they do */
  enter(name: string, place: Place): void {
    this.crowded.push(...this.below(name).map((group) => ({ above: name, below: group.name, place })));
  }

  /** Groups whose paths go through a name. */
  below(name: string): readonly GroupState[] {
    return [...this.groups.values()].filter((one) => one.name.startsWith(`${name}/`));
  }

  /** The groups that a path goes through, nearest first, the group itself at the front. */
  #lineOf(name: string): readonly GroupState[] {
    const group = this.groups.get(name);
    const parent = parentName(name);
    return [...(group === undefined ? [] : [group]), ...(parent === null ? [] : this.#lineOf(parent))];
  }

  /** The nearest group, of this one and those above it, that is frozen; null: none is. */
  frozenAt(name: string): string | null {
    return this.#lineOf(name).find(({ frozen }) => frozen)?.name ?? null;
  }

  /**
   * CPUs that the group really has; null: neither it nor one above has a cpuset. As in the kernel a cpuset that has nothing in
   * common with what the group above has counts for nothing.
   */
  effectiveCpus(name: string): readonly number[] | null {
    return effectiveCpus(this.#lineOf(name).map(({ cpus }) => cpus));
  }

  /** Memory nodes of the group: those it or one above was given, else those of its cpuset; null: it has neither. */
  allowedNodes(name: string): readonly number[] | null {
    const given = this.#lineOf(name).find(({ mems }) => mems !== null)?.mems ?? null;
    const cpus = this.effectiveCpus(name);
    return given ?? (cpus === null ? null : nodesOf(cpus, this.topology));
  }

  /** Every process of a group and below is killed; what they were is accounted for later. */
  killIn(name: string): void {
    for (const run of this.runs) if (isWithin(run.cgroup, name)) run.isKilled = true;
  }

  /** Workers and payloads of a group are over. */
  endIn(name: string): void {
    const group = this.groups.get(name);
    if (group !== undefined) group.handles = noHandles();
    this.runs = this.runs.filter(({ cgroup }) => cgroup !== name);
  }

  #hasProcesses({ name, handles }: GroupState): boolean {
    return countHandles(handles) > 0 || this.runs.some(({ cgroup }) => cgroup === name);
  }

  /** The step is over, and what was its alone. */
  endStep(index: number): void {
    for (const group of [...this.groups.values()]) {
      group.handles = { ...group.handles, step: 0 };
      if (group.slot !== "step") continue;
      this.groups.delete(group.name);
      this.ended.set(group.name, index);
    }
    this.runner = { ...this.runner, step: 0 };
    this.runs = this.runs.filter(({ slot }) => slot === "backdrop");
    this.upcoming = new Set();
  }
}
