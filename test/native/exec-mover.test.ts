/** Processes are moved natively when they execute a program, whatever JavaScript does meanwhile: these, and nobody else. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readlinkSync, realpathSync, rmdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, type TestContext, test } from "node:test";
import type { BpfLifecycle, BpfProgram, ExecMove, MovedProgram } from "../../src/kernel/index.ts";
import { identityOf, openBpfLifecycle, requireAddon } from "../../src/kernel/index.ts";
import { cgroupOf, killQuietly } from "../shared/processes.ts";
import { scaled } from "../shared/timing.ts";
import { until, v2Root, whyNoGroup, withGroup } from "./support.ts";

const skip = whyNoGroup(v2Root);

const folder = realpathSync(mkdtempSync(path.join(tmpdir(), "corral-mover-")));
after(() => rmSync(folder, { recursive: true }));
const name = "exec-mover-prog";
const program = path.join(folder, name);
copyFileSync("/bin/sleep", program);

const ownMounts = Number(/\d+/.exec(readlinkSync("/proc/self/ns/mnt"))?.[0]);
const home = cgroupOf(process.pid);
const homeId = statSync(`${v2Root}${home}`, { bigint: true }).ino;

interface Opened {
  readonly bpf: BpfProgram<BpfLifecycle>;
  readonly records: BpfLifecycle[];
  readonly moves: () => readonly ExecMove[];
}

/** Opens the programs and reads them in the event loop, or skips the test where they cannot be had. */
function open(t: TestContext): Opened | null {
  const addon = requireAddon();
  const pidfd = addon.pidfdOpen(process.pid);
  const info = addon.pidfdInfo(pidfd);
  addon.close(pidfd);
  if (info === null) {
    t.skip("the kernel does not tell the group of a pidfd (before Linux 6.13)");
    return null;
  }
  let bpf: BpfProgram<BpfLifecycle>;
  try {
    bpf = openBpfLifecycle({ ringBytes: 8 << 20, cgroup: null });
  } catch (thrown) {
    t.skip(`no BPF here: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    return null;
  }
  const records: BpfLifecycle[] = [];
  const moves: ExecMove[] = [];
  const watcher = bpf.watch(
    () => {
      records.push(...bpf.read(4096));
      moves.push(...bpf.mover.take());
    },
    (error) => assert.fail(error.message),
  );
  t.after(() => {
    watcher.close();
    bpf.close();
  });
  return { bpf, records, moves: () => moves };
}

/** The processes of the program that a script has started and told, which are ended with the test. The event loop stands still meanwhile. */
function runScript(t: TestContext, script: string): readonly number[] {
  const { status, stdout, stderr } = spawnSync("bash", ["-c", script, "bash", program], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    timeout: scaled(20_000),
    killSignal: "SIGKILL",
  });
  assert.equal(status, 0, stderr || "what it waits for did not come about");
  const pids = stdout.split("\n").filter(Boolean).map(Number);
  t.after(() => {
    for (const pid of pids) killQuietly(pid);
  });
  return pids;
}

/** Starts the program in the background; how its pid comes to be known, once it has executed. */
const start = (words = '"$1"'): string =>
  `${words} 600 >/dev/null 2>&1 & A=$!; until [ "$(cat /proc/$A/comm)" = ${name} ]; do :; done`;

const moved = (directory: string, change: Partial<MovedProgram> = {}): MovedProgram => ({
  ...{ uid: process.getuid?.() ?? 0, comm: name, exe: program, anyMounts: false, directory, id: 7 },
  ...change,
});

/** Waits until JavaScript has read the exec of a process, before which the mover has looked at it. */
const untilSeen = ({ records }: Opened, pid: number): Promise<void> =>
  until(() => records.some(({ kind, tgid }) => kind === "exec" && tgid === pid));

test("the next process of a program goes into its group, and the move is told with its times", { skip }, (t) =>
  withGroup(v2Root, async (group) => {
    const opened = open(t);
    if (opened === null) return;
    const { mover } = opened.bpf;
    mover.reset([ownMounts], [1]);
    mover.addProgram(moved(group));
    mover.addGroup(homeId);
    const [pid = 0] = runScript(t, `${start()}; echo $A`);
    await until(() => opened.moves().length > 0);
    const [move] = opened.moves();
    assert.ok(move !== undefined);
    const { execNs, beganNs, endedNs, ...rest } = move;
    assert.deepEqual(rest, { id: 7, tgid: pid, startTicks: identityOf(pid)?.startTicks, errno: null });
    assert.ok(execNs < beganNs && beganNs < endedNs && endedNs < process.hrtime.bigint());
    assert.equal(`${v2Root}${cgroupOf(pid)}`, group);
    // What is forgotten is left alone.
    mover.reset([ownMounts], []);
    const [next = 0] = runScript(t, `${start()}; echo $A`);
    await untilSeen(opened, next);
    assert.deepEqual([cgroupOf(next), opened.moves().length], [home, 1]);
    for (const one of [pid, next]) killQuietly(one);
  }),
);

/** Starts the program, and waits until it is in a group of this path. */
const startInto = (group: string): string =>
  `${start()}; until grep -qxF "0::${group.slice(v2Root.length)}" /proc/$A/cgroup; do :; done; echo $A`;

test("it goes there while JavaScript is busy, but not while JavaScript wants nobody moved", { skip }, (t) =>
  withGroup(v2Root, async (group) => {
    const opened = open(t);
    if (opened === null) return;
    const { mover } = opened.bpf;
    mover.reset([ownMounts], []);
    mover.addProgram(moved(group));
    mover.addGroup(homeId);
    // The event loop stands still until the program is where it is to be.
    const [pid = 0] = runScript(t, startInto(group));
    assert.deepEqual(
      mover.take().map(({ tgid, errno }) => [tgid, errno]),
      [[pid, null]],
    );
    const held = mover.during(() => {
      const [waiting = 0] = mover.during(() => runScript(t, `${start()}; echo $A`));
      assert.equal(cgroupOf(waiting), home);
      return waiting;
    });
    await until(() => opened.moves().length > 0);
    assert.deepEqual(
      opened.moves().map(({ tgid }) => tgid),
      [held],
    );
    assert.throws(() => mover.during(() => assert.fail("let go of")), /let go of/);
    const [last = 0] = runScript(t, startInto(group));
    for (const one of [pid, held, last]) killQuietly(one);
  }),
);

test("of more groups than it can know it forgets the one out of which nobody was moved for longest", { skip }, (t) =>
  withGroup(v2Root, async (group) => {
    const opened = open(t);
    if (opened === null) return;
    const { mover } = opened.bpf;
    mover.reset([ownMounts], []);
    mover.addProgram(moved(group));
    const addOthers = (count: number, from: bigint): void => {
      for (let other = from; other < from + BigInt(count); other += 1n) mover.addGroup(homeId + other);
    };
    const known = 1024;
    mover.addGroup(homeId);
    addOthers(known - 1, 1_000_000n);
    const [used = 0] = runScript(t, startInto(group));
    // It would be the first to go, but for the move.
    addOthers(known - 1, 2_000_000n);
    const [again = 0] = runScript(t, startInto(group));
    addOthers(known, 3_000_000n);
    const [forgotten = 0] = runScript(t, `${start()}; echo $A`);
    await untilSeen(opened, forgotten);
    assert.equal(cgroupOf(forgotten), home);
    mover.addGroup(homeId);
    const [last = 0] = runScript(t, startInto(group));
    for (const one of [used, again, forgotten, last]) killQuietly(one);
  }),
);

for (const [what, change, groupId] of [
  ["another user", { uid: 12_345 }, homeId],
  ["another name", { comm: "other" }, homeId],
  ["another file", { exe: `${program}2` }, homeId],
  ["another group", {}, homeId + 1n],
] as const)
  test(`whoever is of ${what} is left alone`, { skip }, (t) =>
    withGroup(v2Root, async (group) => {
      const opened = open(t);
      if (opened === null) return;
      opened.bpf.mover.reset([ownMounts], []);
      opened.bpf.mover.addProgram(moved(group, change));
      opened.bpf.mover.addGroup(groupId);
      const [pid = 0] = runScript(t, `${start()}; echo $A`);
      await untilSeen(opened, pid);
      assert.deepEqual([cgroupOf(pid), opened.moves()], [home, []]);
    }),
  );

test("a process of this process is left alone, and so is who is to be spared", { skip }, (t) =>
  withGroup(v2Root, async (group) => {
    const opened = open(t);
    if (opened === null) return;
    const { mover } = opened.bpf;
    mover.reset([ownMounts], []);
    mover.addProgram(moved(group));
    mover.addGroup(homeId);
    const { pid } = spawnSync(program, ["0"]);
    await untilSeen(opened, pid);
    // It stands until it is known, and executes then.
    const waits = `sh -c 'kill -STOP $$; exec "$0" 600' "$1" >/dev/null 2>&1 & A=$!`;
    const [spared = 0] = runScript(t, `${waits}; until grep -q "^State:.T" /proc/$A/status; do :; done; echo $A`);
    mover.reset([ownMounts], [spared]);
    mover.addProgram(moved(group));
    mover.addGroup(homeId);
    process.kill(spared, "SIGCONT");
    await untilSeen(opened, spared);
    assert.deepEqual([cgroupOf(spared), opened.moves()], [home, []]);
  }),
);

test("who has changed his group since the exec, by whatever hand, stays there", { skip }, (t) =>
  withGroup(v2Root, (group) =>
    withGroup(v2Root, async (elsewhere) => {
      const opened = open(t);
      if (opened === null) return;
      opened.bpf.mover.reset([ownMounts], []);
      opened.bpf.mover.addProgram(moved(group));
      opened.bpf.mover.addGroup(homeId);
      // Before the mover looks at it.
      const [pid = 0] = opened.bpf.mover.during(() =>
        runScript(t, `${start()}; echo $A >${elsewhere}/cgroup.procs; echo $A`),
      );
      await untilSeen(opened, pid);
      assert.deepEqual([`${v2Root}${cgroupOf(pid)}`, opened.moves()], [elsewhere, []]);
      killQuietly(pid);
    }),
  ),
);

test("who has the pid of a process that has ended since its exec is left alone", { skip }, (t) =>
  withGroup(v2Root, async (group) => {
    const opened = open(t);
    if (opened === null) return;
    opened.bpf.mover.reset([ownMounts], []);
    opened.bpf.mover.addProgram(moved(group));
    opened.bpf.mover.addGroup(homeId);
    const again = `for try in 1 2 3 4 5 6 7 8; do
      echo $((A - 1)) 2>/dev/null >/proc/sys/kernel/ns_last_pid || break
      sleep 600 >/dev/null 2>&1 & B=$!
      [ $B = $A ] && break; kill -9 $B; wait $B 2>/dev/null
    done`;
    const [first, second] = opened.bpf.mover.during(() =>
      runScript(t, `${start()}; kill -9 $A; wait $A 2>/dev/null; ${again}; echo $A; echo $B`),
    );
    if (first === undefined || first !== second) return t.skip("the pid could not be used again");
    await until(() => opened.records.filter(({ kind, tgid }) => kind === "exec" && tgid === first).length === 2);
    assert.deepEqual([cgroupOf(first), opened.moves()], [home, []]);
  }),
);

test("a path means what it says in known mount namespaces only, unless it matters nowhere", { skip }, (t) =>
  withGroup(v2Root, async (group) => {
    const opened = open(t);
    if (opened === null) return;
    const { mover } = opened.bpf;
    const inOwn = `${start('unshare --mount "$1"')}; echo $A`;
    for (const [anyMounts, expected] of [
      [false, home],
      [true, group.slice(v2Root.length)],
    ] as const) {
      mover.reset([ownMounts], []);
      mover.addProgram(moved(group, { anyMounts }));
      mover.addGroup(homeId);
      const [pid = 0] = runScript(t, inOwn);
      await untilSeen(opened, pid);
      assert.equal(cgroupOf(pid), expected, String(anyMounts));
      killQuietly(pid);
    }
  }),
);

test("a move into a group that is no more is told with its errno", { skip }, (t) =>
  withGroup(v2Root, async (group) => {
    const opened = open(t);
    if (opened === null) return;
    const { mover } = opened.bpf;
    mover.reset([ownMounts], []);
    mover.addProgram(moved(group));
    mover.addGroup(homeId);
    rmdirSync(group);
    const [pid = 0] = runScript(t, `${start()}; echo $A`);
    await until(() => opened.moves().length > 0);
    assert.deepEqual(
      opened.moves().map(({ errno, tgid }) => [errno, tgid]),
      [["ENODEV", pid]],
    );
    assert.throws(() => mover.addProgram(moved(group)), /ENOENT/);
  }),
);
