import type { RunningProcess } from "../../events/tree/index.ts";
import type { KeptCase, MissedEnd, Remembered } from "../engine/index.ts";
import type { PolicyState, StateEntry } from "./state-file.ts";

/** Beyond this a start is a new beginning and no restart: deadlines of long ago are not made up for. */
const restartWithinNs = 600_000_000_000n;

/** Whether a policy that starts now takes up what a state says. */
export const isWithinRestart = ({ written_ns }: Pick<PolicyState, "written_ns">, nowNs: bigint): boolean =>
  nowNs - BigInt(written_ns) <= restartWithinNs;

const processKey = (pid: number, startTicks: number): string => `${pid} ${startTicks}`;
const keyOfKept = ({ process: { identity } }: KeptCase): string => processKey(identity.pid, identity.startTicks);

function grouped<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}

/** Another file runs now than then. An exec of the same file cannot be told. */
const isOther = (kept: KeptCase, now: RunningProcess): boolean => {
  const exe = now.program?.exe ?? null;
  return exe !== null && kept.process.exe !== null && exe !== kept.process.exe;
};

/** What an earlier run knew, to be asked for each process that runs now. */
export class EarlierRun {
  readonly #entries: ReadonlyMap<string, readonly StateEntry[]>;
  readonly #kept: ReadonlyMap<string, readonly KeptCase[]>;
  /** Of processes that nobody has asked for yet: these are gone. */
  readonly #unasked: Set<string>;
  readonly #superseded: KeptCase[] = [];
  readonly #isRestart: boolean;
  #droppedDeadlines = 0;

  constructor(state: PolicyState | null, nowNs: bigint) {
    this.#isRestart = state !== null && isWithinRestart(state, nowNs);
    this.#entries = grouped(state?.entries ?? [], ({ pid, start_ticks }) => processKey(pid, start_ticks));
    this.#kept = grouped(state?.kept ?? [], keyOfKept);
    this.#unasked = new Set(this.#kept.keys());
  }

  /** Deadlines of processes that run which are not met any more: they are too old. */
  get droppedDeadlines(): number {
    return this.#droppedDeadlines;
  }

  /** What is done about what it left: all of it after a restart; later only its records are made. */
  #stillToDo(one: KeptCase): readonly KeptCase[] {
    if (this.#isRestart || one.acting || one.deadlineNs === null) return [one];
    this.#droppedDeadlines += 1;
    return one.unwritten.length === 0 ? [] : [{ ...one, deadlineNs: null }];
  }

  /** What it knew of a process that runs. */
  of(now: RunningProcess): Remembered | null {
    const key = processKey(now.tgid, now.identity?.startTicks ?? 0);
    this.#unasked.delete(key);
    const entries = this.#entries.get(key) ?? [];
    const all = this.#kept.get(key) ?? [];
    const [last] = entries;
    if (last === undefined && all.length === 0) return null;
    const generation = Math.max(last?.generation ?? 0, ...all.map(({ process }) => process.generation));
    const over = (one: KeptCase): boolean => one.process.generation !== generation || isOther(one, now);
    this.#superseded.push(...all.filter(over));
    if (all.some((one) => isOther(one, now))) return { execNs: null, generation: generation + 1, kept: [], done: [] };
    const execNs = last?.exec_ns == null ? null : BigInt(last.exec_ns);
    const done = entries.flatMap(({ rule, last_outcome }) => (last_outcome === null ? [] : [rule]));
    const kept = all.filter((one) => !over(one)).flatMap((one) => this.#stillToDo(one));
    return { execNs, generation, kept, done };
  }

  /** What it waited for of processes that were not asked for, since they are gone, and of those that are other programs now. */
  missed(): MissedEnd[] {
    const gone = [...this.#unasked].flatMap((key) => this.#kept.get(key) ?? []);
    return [
      ...gone.map((kept): MissedEnd => ({ kept, end: "exited" })),
      ...this.#superseded.map((kept): MissedEnd => ({ kept, end: "superseded" })),
    ];
  }
}
