import { expect, test } from "vitest";
import { exec, exit, fork, running } from "../../../test/shared/made-events.ts";
import type { LifecycleEvent } from "../lifecycle-event.ts";
import type { ProcessNode, RunningProcess } from "./index.ts";
import { ancestorsOf, isDescendant, ProcessTree } from "./index.ts";

/** A tree that was told these events, process 1 being there. */
function treeOf(events: readonly LifecycleEvent[], processes: readonly RunningProcess[] = [running(1, 1)]) {
  const tree = new ProcessTree();
  tree.adopt(processes, 0n);
  for (const event of events) tree.apply(event);
  return tree;
}

const pidsOf = (nodes: Iterable<ProcessNode>): number[] => [...nodes].map(({ tgid }) => tgid);
const chainOf = (tree: ProcessTree, tgid: number): number[] | null => {
  const node = tree.find(tgid);
  return node === null ? null : pidsOf(ancestorsOf(node));
};

test("a child of a child that never executed a program descends from the first", () => {
  const tree = treeOf([fork(10, 100, 1, 1), fork(11, 101, 10, 2), fork(12, 102, 11, 3), exec(12, 102, 11, 4)]);
  expect(chainOf(tree, 12)).toEqual([11, 10, 1]);
});

test("the ancestry by fork stays when the parent ends and another one adopts the child", () => {
  const tree = treeOf([fork(10, 100, 1, 1), fork(11, 101, 10, 2), fork(12, 102, 11, 3), exit(11, 101, 10, 4)]);
  const child = tree.find(12) as ProcessNode;
  expect([pidsOf(ancestorsOf(child)), tree.presentParent(child)]).toEqual([[11, 10, 1], null]);
  tree.apply(exec(12, 102, 1, 5));
  expect([pidsOf(ancestorsOf(child)), tree.presentParent(child)?.tgid, child.ppid]).toEqual([[11, 10, 1], 1, 1]);
});

test("a parent with a higher pid than its child is found, whatever the order of the look at /proc", () => {
  const tree = treeOf([], [running(7, 300, 900), running(900, 200, 40), running(40, 100, 1), running(1, 1)]);
  expect(chainOf(tree, 7)).toEqual([900, 40, 1]);
});

test("a pid that is used again is another process, and the former is remembered", () => {
  const tree = treeOf([fork(10, 100, 1, 1), exit(10, 100, 1, 2), fork(10, 200, 1, 3)]);
  const [former, now] = [tree.recall(10, 100), tree.recall(10, 200)];
  expect([former?.end?.timeNs, now?.end, tree.find(10) === now]).toEqual([2n, null, true]);
});

test("a pid that is used again although no end was told ends the former as incomplete", () => {
  const seconds = 1e9;
  const tree = treeOf([fork(10, 100, 1, 1), fork(11, 101, 10, 2), fork(12, 102, 10, 7 * seconds)]);
  tree.apply(fork(10, 200, 1, 8 * seconds));
  const former = tree.recall(10, 100);
  const end = { timeNs: 8_000_000_000n, code: null, signal: null, coreDumped: null };
  expect([former?.degraded, former?.end]).toEqual([true, end]);
  expect([chainOf(tree, 11), tree.recall(11, 101)?.parent === former]).toEqual([[10, 1], true]);
  // So short a time before, the pid may have been another's already.
  expect(chainOf(tree, 12)).toEqual([]);
});

test("an event of a former process of the pid changes nothing", () => {
  const tree = treeOf([fork(10, 100, 1, 1), exit(10, 100, 1, 2), fork(10, 200, 1, 3)]);
  expect([tree.apply(exit(10, 100, 1, 4)), tree.apply(exec(10, 100, 1, 5))]).toEqual([null, null]);
  expect(tree.find(10)).toMatchObject({ end: null, executed: false });
});

test("the generation is 1 up to the first exec and grows with each further one", () => {
  const tree = treeOf([fork(10, 100, 1, 1)]);
  const generations = [tree.find(10)?.generation];
  for (const timeNs of [2, 3, 4]) generations.push(tree.apply(exec(10, 100, 1, timeNs))?.generation);
  expect(generations).toEqual([1, 1, 2, 3]);
  // A pid that is used again begins anew.
  tree.apply(exit(10, 100, 1, 5));
  expect(tree.apply(fork(10, 200, 1, 6))?.generation).toBe(1);
});

test("a program that ran before the first event counts as the first", () => {
  const tree = treeOf([], [running(1, 1), running(5, 50, 1)]);
  expect(tree.apply(exec(5, 50, 1, 9))?.generation).toBe(2);
});

test("a child runs its parent's program and has its owner until something else is told", () => {
  const owner = { uid: 7, cgroupId: 99n };
  const tree = treeOf([
    { ...fork(10, 100, 1, 1), ...owner },
    exec(10, 100, 1, 2, "make"),
    fork(11, 101, 10, 3),
    { ...fork(12, 102, 11, 4), uid: 8 },
    exec(12, 102, 11, 5, "cc"),
  ]);
  const facts = [11, 12].map((pid) => tree.find(pid)).map((one) => [one?.program?.comm, one?.uid, one?.cgroupId]);
  expect(facts).toEqual([
    ["make", 7, 99n],
    ["cc", 8, 99n],
  ]);
});

test("an exec of a process whose fork was lost makes it known, with the parent of now", () => {
  const tree = treeOf([fork(10, 100, 1, 1), exec(11, 101, 10, 2)]);
  expect([chainOf(tree, 11), tree.find(11)?.degraded, tree.find(11)?.ancestry]).toEqual([[10, 1], true, "seen"]);
});

test("a child whose parent is not known yet joins the ancestry as soon as a scan tells the parent", () => {
  const tree = treeOf([fork(12, 102, 11, 3), exec(12, 102, 11, 4)]);
  expect(chainOf(tree, 12)).toEqual([11]);
  tree.apply({ ...fork(11, 101, 1, 5), reconciled: true });
  expect(chainOf(tree, 12)).toEqual([11, 1]);
});

test("a process that has the pid of a lost parent, and is younger than the child, is not taken for the parent", () => {
  const tree = treeOf([fork(12, 102, 11, 3), { ...fork(11, 103, 1, 5), reconciled: true }]);
  const [parent, other] = [tree.find(12)?.parent, tree.find(11)];
  expect([parent?.identity, parent?.end === null, other?.identity?.startTicks]).toEqual([null, false, 103]);
});

test("a process that a scan took in keeps its identity when its fork is told afterwards", () => {
  const tree = new ProcessTree();
  tree.adopt([running(1, 1), running(10, 100, 1), running(11, 101, 1)], 5n);
  tree.apply(fork(11, 101, 10, 3));
  expect([chainOf(tree, 11), tree.find(11)?.forkNs, tree.find(11)?.ancestry]).toEqual([[10, 1], 3n, "told"]);
});

test("a mark goes to what is forked later and to children that execute later, and outlives the marked", () => {
  const tree = treeOf([fork(10, 100, 1, 1), fork(11, 101, 10, 2)]);
  const root = tree.find(10) as ProcessNode;
  tree.mark(root, 4);
  tree.apply(fork(12, 102, 10, 3));
  expect([11, 12].map((pid) => tree.find(pid)?.marks)).toEqual([0, 4]);
  tree.apply(exit(10, 100, 1, 4));
  tree.apply(exec(11, 101, 1, 5));
  tree.apply(fork(13, 103, 11, 6));
  expect([11, 13].map((pid) => tree.find(pid)?.marks)).toEqual([4, 4]);
});

test("what ended is forgotten by number and by time, and its children become those of its parent", () => {
  const tree = new ProcessTree({ endedMost: 2, endedMs: 1 });
  tree.adopt([running(1, 1)], 0n);
  for (let pid = 10; pid < 15; pid += 1) tree.apply(fork(pid, pid, pid === 10 ? 1 : pid - 1, pid));
  for (let pid = 10; pid < 14; pid += 1) tree.apply(exit(pid, pid, 1, 10 + pid));
  const last = tree.find(14) as ProcessNode;
  expect([pidsOf(ancestorsOf(last)), tree.recall(11, 11), tree.size().ended]).toEqual([[13, 12, 1], null, 2]);
  tree.apply(fork(20, 20, 1, 2_000_000));
  expect([pidsOf(ancestorsOf(last)), tree.size().ended]).toEqual([[1], 0]);
});

test("no process descends from itself, and each from all of its ancestors", () => {
  const tree = treeOf([fork(10, 100, 1, 1), fork(11, 101, 10, 2)]);
  const [init, parent, child] = [1, 10, 11].map((pid) => tree.find(pid) as ProcessNode);
  if (init === undefined || parent === undefined || child === undefined) throw new Error("missing");
  const pairs = [init, parent, child].map((node) => [init, parent, child].map((root) => isDescendant(node, root)));
  expect(pairs).toEqual([
    [false, false, false],
    [true, false, false],
    [true, true, false],
  ]);
});
