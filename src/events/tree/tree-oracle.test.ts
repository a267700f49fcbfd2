import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { exec, exit, fork, running } from "../../../test/shared/made-events.ts";
import type { Pid } from "../../kernel/index.ts";
import type { LifecycleEvent } from "../lifecycle-event.ts";
import { ancestorsOf, isDescendant, ProcessTree } from "./index.ts";

/** A process of the model, which forgets nothing. */
interface Real {
  readonly tgid: number;
  readonly startTicks: number;
  readonly forker: Real | null;
  ppid: number;
  generation: number;
  executed: boolean;
  endedAt: number | null;
}

const keyOf = ({ tgid, startTicks }: { tgid: number; startTicks: number }): string => `${tgid}@${startTicks}`;

const trueAncestors = (one: Real): Real[] => (one.forker === null ? [] : [one.forker, ...trueAncestors(one.forker)]);

/** The slow and plain definition: what a kernel does with processes, everything kept for ever. Few pids, so that they are used again. */
class Model {
  readonly all: Real[] = [];
  readonly live: Real[] = [];
  readonly #pids: number[];
  #time = 0;

  constructor(pids: number) {
    this.#pids = Array.from({ length: pids }, (_, index) => index + 2);
    this.#add(1, null);
  }

  #add(tgid: number, forker: Real | null): Real {
    const startTicks = this.all.length + 1;
    const one = { tgid, startTicks, forker, ppid: forker?.tgid ?? 0, generation: 1, executed: false, endedAt: null };
    this.all.push(one);
    this.live.push(one);
    return one;
  }

  /** Does one thing to one process, both chosen by numbers, and tells the event. */
  step(what: number, whom: number): LifecycleEvent | null {
    this.#time += 1;
    const one = this.live[whom % this.live.length] as Real;
    const { tgid, startTicks, ppid } = one;
    if (what === 0) return this.#fork(one, whom);
    if (what === 1) {
      if (one.executed) one.generation += 1;
      one.executed = true;
      return exec(tgid, startTicks, ppid, this.#time);
    }
    if (tgid === 1) return null;
    one.endedAt = this.#time;
    this.live.splice(this.live.indexOf(one), 1);
    for (const child of this.live) if (child.ppid === tgid) child.ppid = 1;
    return exit(tgid, startTicks, ppid, this.#time);
  }

  #fork(parent: Real, choice: number): LifecycleEvent | null {
    const used = new Set(this.live.map(({ tgid }) => tgid));
    const free = this.#pids.filter((pid) => !used.has(pid));
    const pid = free[choice % free.length];
    if (pid === undefined) return null;
    const child = this.#add(pid, parent);
    return fork(pid, child.startTicks, parent.tgid, this.#time);
  }

  /** What a scan tells of what was lost: ends first, then starts in their order, as compareScan does. */
  reconcile(told: ReadonlyMap<number, Real>, executed: ReadonlySet<Real>): LifecycleEvent[] {
    this.#time += 1;
    const now = this.#time;
    const isLive = (one: Real): boolean => one.endedAt === null;
    const mark = <E extends LifecycleEvent>(event: E): E => ({ ...event, reconciled: true });
    const ends = [...told.values()].filter((one) => !isLive(one));
    const starts = this.live.filter((one) => told.get(one.tgid) !== one);
    const execs = this.live.filter((one) => one.executed && !executed.has(one));
    return [
      ...ends.map((one) => mark(exit(one.tgid, one.startTicks, one.ppid, now))),
      ...starts.map((one) => mark(fork(one.tgid, one.startTicks, one.ppid, now))),
      ...execs.map((one) => mark(exec(one.tgid, one.startTicks, one.ppid, now))),
    ];
  }
}

const steps = fc.array(fc.tuple(fc.nat(2), fc.nat(50), fc.boolean()), { maxLength: 120 });

const newTree = (endedMost: number): ProcessTree => {
  const tree = new ProcessTree({ endedMost, endedMs: 1e9 });
  tree.adopt([{ ...running(1, 1), executed: false }], 0n);
  return tree;
};

test("whatever is forked, executed, ended and numbered again, the ancestry is that of the plain model", () => {
  fc.assert(
    fc.property(steps, fc.nat(6), (plan, endedMost) => {
      const model = new Model(7);
      const tree = newTree(endedMost);
      for (const [what, whom] of plan) {
        const event = model.step(what, whom);
        if (event !== null) tree.apply(event);
        const ended = model.all.filter(({ endedAt }) => endedAt !== null);
        const lastEnds = ended.toSorted((a, b) => Number(b.endedAt) - Number(a.endedAt)).slice(0, endedMost);
        const kept = new Set([...model.live, ...lastEnds].map(keyOf));
        for (const one of model.live) {
          const node = tree.find(one.tgid);
          const chain = node === null ? null : [...ancestorsOf(node)];
          expect(
            chain?.map((above) => keyOf({ tgid: above.tgid, startTicks: above.identity?.startTicks ?? 0 })),
          ).toEqual(
            trueAncestors(one)
              .map(keyOf)
              .filter((key) => kept.has(key)),
          );
          expect([node?.generation, node?.executed]).toEqual([one.generation, one.executed]);
          const present = node === null ? null : tree.presentParent(node);
          expect(present === null || present.tgid === one.ppid || node?.ppid !== one.ppid).toBe(true);
        }
        expect([...tree.running()].length).toBe(model.live.length);
        expect(tree.size().ended).toBe(lastEnds.length);
      }
    }),
    { numRuns: 300 },
  );
});

test("whatever is lost, after a scan the tree has what runs, and names no ancestor that is none", () => {
  fc.assert(
    fc.property(steps, (plan) => {
      const model = new Model(7);
      const tree = newTree(1000);
      const init = model.all[0] as Real;
      const told = new Map([[1, init]]);
      const executed = new Set<Real>();
      const tell = (event: LifecycleEvent): void => {
        const one = model.all[(event.identity?.startTicks ?? 0) - 1] as Real;
        if (event.kind === "exit") told.delete(one.tgid);
        else told.set(one.tgid, one);
        if (event.kind === "exec") executed.add(one);
        tree.apply(event);
      };
      for (const [what, whom, isLost] of plan) {
        const event = model.step(what, whom);
        if (event !== null && !isLost) tell(event);
      }
      for (const event of model.reconcile(told, executed)) tell(event);
      const found = [...tree.running()].map(({ tgid, identity }) =>
        keyOf({ tgid, startTicks: identity?.startTicks ?? 0 }),
      );
      expect(found.toSorted()).toEqual(model.live.map(keyOf).toSorted());
      for (const one of model.live) {
        const node = tree.find(one.tgid);
        const named = [...(node === null ? [] : ancestorsOf(node))].flatMap(
          ({ identity }) => identity?.startTicks ?? [],
        );
        const real = trueAncestors(one).map(({ startTicks }) => startTicks);
        expect(named.filter((startTicks) => !real.includes(startTicks))).toEqual([]);
      }
    }),
    { numRuns: 500 },
  );
});

/** Bytes of the heap that are in use, garbage not counted. */
function heapInUse(): number {
  setFlagsFromString("--expose-gc");
  (runInNewContext("gc") as () => void)();
  return process.memoryUsage().heapUsed;
}

/** Makes events in one object each, so that the test's own garbage does not take its time. */
function cheapEvents() {
  const events = { fork: fork(0, 0, 0, 0), exit: exit(0, 0, 0, 0) };
  return (kind: keyof typeof events, startTicks: number, ppid: number): LifecycleEvent => {
    const tgid = pidAt(startTicks);
    const identity = { bootId: "b00t", pid: tgid as Pid, startTicks };
    return Object.assign(events[kind], { tgid, identity, ppid, timestampNs: BigInt(startTicks) * 1000n });
  };
}

/** Pids as a kernel gives them, round and round. */
const pidAt = (startTicks: number): number => (startTicks % 30_000) + 2;

test("a million events leave no more behind than a hundred thousand", { timeout: 60_000 }, () => {
  const tree = new ProcessTree({ endedMost: 1000 });
  tree.adopt([running(1, 1)], 0n);
  const event = cheapEvents();
  let time = 10;
  /** A chain of daemons, each forked by the one before, which then ends; each has a child that lives on for a while. */
  const live = (rounds: number): void => {
    for (let round = 0; round < rounds; round += 1) {
      time += 2;
      tree.apply(event("fork", time, time === 12 ? 1 : pidAt(time - 2)));
      tree.apply(event("fork", time + 1, pidAt(time)));
      if (time > 12) tree.apply(event("exit", time - 2, 1));
      if (time > 2012) tree.apply(event("exit", time - 1999, 1));
    }
  };
  live(25_000);
  const [before, size] = [heapInUse(), tree.size()];
  live(225_000);
  expect([tree.size().processes, tree.size().ended]).toEqual([size.processes, size.ended]);
  expect(heapInUse() - before).toBeLessThan(2 ** 20);
  // The last of a quarter of a million daemons.
  const [last, init] = [tree.find(pidAt(time)), tree.find(1)];
  if (last === null || init === null) throw new Error("missing");
  expect([last.parent?.ancestry, isDescendant(last, init)]).toEqual(["told", true]);
});
