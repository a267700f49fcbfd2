import type { CpusetEpoch, PayloadSource, WorkRecord } from "../record/index.ts";
import type { ResolvedCondition, ResolvedPayload, ResolvedWork } from "../resolve/index.ts";
import { effectiveCpus } from "../resolve/index.ts";
import type { ProgramEnd, RunningProgram, Workers } from "./ports.ts";

/** Workers that live. */
export interface WorkHandle {
  readonly id: number;
  readonly step: number | null;
  readonly index: number | null;
  readonly work: ResolvedWork;
  readonly set: Workers;
  readonly startedMs: number;
  readonly epochs: CpusetEpoch[];
  readonly attributeErrors: WorkRecord["attributeErrors"][number][];
  /** Group they are in; `""`: where Corral is. */
  cgroup: string;
  /** The scenario killed them, so that none had to stop by itself. */
  killedByOp: boolean;
}

/** A payload that was started and has not been accounted for. */
export interface PayloadHandle {
  readonly id: number;
  readonly step: number | null;
  readonly payload: ResolvedPayload;
  readonly argv: readonly string[];
  readonly source: PayloadSource;
  readonly program: RunningProgram;
  readonly startedMs: number;
  /** Group it was started in; `""`: where Corral is. */
  cgroup: string;
  /** Null while it runs. */
  end: ProgramEnd | null;
}

/** What lives until the end of one step, or of the run. */
export class Slot {
  /** Null: the backdrop. */
  readonly step: number | null;
  /** In the order they were made. */
  readonly groups: string[] = [];
  readonly works: WorkHandle[] = [];
  readonly payloads: PayloadHandle[] = [];
  /** CPUs that a group was given; null: it was told to inherit. */
  readonly cpusets = new Map<string, readonly number[] | null>();

  constructor(step: number | null) {
    this.step = step;
  }

  forget(name: string): void {
    const at = this.groups.indexOf(name);
    if (at >= 0) this.groups.splice(at, 1);
    this.cpusets.delete(name);
  }
}

/** A group and those its path goes through, nearest first. */
const lineOf = (name: string): readonly string[] => {
  const at = name.lastIndexOf("/");
  return at < 0 ? [name] : [name, ...lineOf(name.slice(0, at))];
};

/** A group or one below it. */
export const isWithin = (name: string, group: string): boolean => name === group || name.startsWith(`${group}/`);

/** The two slots, looked up step first. */
export class RunState {
  readonly backdrop = new Slot(null);
  step: Slot | null = null;
  /** Groups that were told to freeze. */
  readonly frozen = new Set<string>();
  /** What the counters of waits stood at when the ops of the step began. */
  readonly counted = new Map<ResolvedCondition, number>();
  #lastWork = -1;
  #lastPayload = -1;

  /** Where what is made now belongs. */
  get target(): Slot {
    return this.step ?? this.backdrop;
  }

  get slots(): readonly Slot[] {
    return this.step === null ? [this.backdrop] : [this.step, this.backdrop];
  }

  get groups(): readonly string[] {
    return this.slots.flatMap(({ groups }) => groups);
  }

  get works(): readonly WorkHandle[] {
    return this.slots.flatMap(({ works }) => works);
  }

  get payloads(): readonly PayloadHandle[] {
    return this.slots.flatMap(({ payloads }) => payloads);
  }

  slotOf(name: string): Slot | null {
    return this.slots.find(({ groups }) => groups.includes(name)) ?? null;
  }

  /** Works of every group that has some. */
  get worksByGroup(): ReadonlyMap<string, readonly WorkHandle[]> {
    const byGroup = new Map<string, WorkHandle[]>();
    for (const work of this.works) {
      const own = byGroup.get(work.cgroup);
      if (own === undefined) byGroup.set(work.cgroup, [work]);
      else own.push(work);
    }
    return byGroup;
  }

  worksIn(name: string): readonly WorkHandle[] {
    return this.works.filter(({ cgroup }) => cgroup === name);
  }

  /** Remembers CPUs where the group is known, else where things are made now. */
  recordCpuset(name: string, cpus: readonly number[] | null): void {
    (this.slotOf(name) ?? this.target).cpusets.set(name, cpus);
  }

  /** CPUs that processes of a group really have, as far as it or a group above was given any; null: none was. */
  effectiveCpus(name: string): readonly number[] | null {
    return effectiveCpus(lineOf(name).map((one) => this.slotOf(one)?.cpusets.get(one) ?? null));
  }

  isFrozen(name: string): boolean {
    return [...this.frozen].some((group) => isWithin(name, group));
  }

  /** Ids count everything of a run. */
  nextWork(): number {
    this.#lastWork += 1;
    return this.#lastWork;
  }

  nextPayload(): number {
    this.#lastPayload += 1;
    return this.#lastPayload;
  }

  /** Forgets a group wherever it is known. */
  forgetGroup(name: string): void {
    for (const slot of this.slots) slot.forget(name);
    this.frozen.delete(name);
  }
}

/** Takes one out of a list that holds it. */
export function takeOut<T>(list: T[], one: T): void {
  const at = list.indexOf(one);
  if (at >= 0) list.splice(at, 1);
}
