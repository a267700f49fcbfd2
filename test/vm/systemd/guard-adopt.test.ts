/** What runs already, as systemd and a container runtime have it, put into sessions by `adopt`. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { cgroupOf } from "../../shared/processes.ts";
import { program, requires } from "../../shared/requires.ts";
import { until } from "../../shared/timing.ts";
import { clearPlace, type GuardUnderTest, newPlace, startGuard } from "../guard/support.ts";
import { fixture, read, v2 } from "../support.ts";
import { property, systemctl } from "./units.ts";

const place = newPlace();
let guard: GuardUnderTest;
before(async () => {
  guard = await startGuard(place, { config: "version: 1\nsessions: [{ name: a }, { name: b }]\n" });
});
after(async () => {
  await guard.end("SIGKILL");
  await clearPlace(place);
});

const frameworkOf = (session: string): string => `${place.root.slice(v2.length)}/${session}/framework`;
const pidsIn = (group: string): readonly number[] =>
  read(`${v2}${group}/cgroup.procs`).split("\n").filter(Boolean).map(Number);
const isAlive = (pid: number): boolean =>
  existsSync(`/proc/${pid}/status`) && !/^State:\s+Z/m.test(read(`/proc/${pid}/status`));
const isFrozen = (session: string): boolean => read(`${place.root}/${session}/cgroup.events`).includes("frozen 1");

/** Starts a transient unit of two processes that may have 50. */
async function startUnit(name: string): Promise<readonly number[]> {
  const words = ["--quiet", `--unit=${name}`, "--property=TasksMax=50", "sh", "-c", "sleep 600 & exec sleep 600"];
  execFileSync("systemd-run", words);
  const group = `/system.slice/${name}`;
  await until(`${name} to have two processes`, () => pidsIn(group).length === 2);
  return pidsIn(group);
}

test("a service goes into a session as a whole; its own group keeps its limits, and systemd follows and stops its main process", async () => {
  const unit = `corral-adopt-${process.pid}.service`;
  const group = `/system.slice/${unit}`;
  const pids = await startUnit(unit);
  const main = Number(property(unit, "MainPID"));
  const document = await guard.client.adopt("a", { unit });
  assert.deepEqual(document, { schema: "corral.session-adopt/1", session: "a", group, processes: 2, left: [] });
  assert.deepEqual(pids.map(cgroupOf), [frameworkOf("a"), frameworkOf("a")]);
  assert.deepEqual(
    [property(unit, "ActiveState"), Number(property(unit, "MainPID")), read(`${v2}${group}/pids.max`)],
    ["active", main, "50"],
  );
  await assert.rejects(guard.client.adopt("b", { unit }), { code: "PROCESS_GONE" });
  await guard.client.freezeSession("a");
  assert.equal(isFrozen("a"), true);
  await guard.client.thawSession("a");
  assert.equal(systemctl("stop", unit).status, 0);
  const [other = 0] = pids.filter((pid) => pid !== main);
  assert.deepEqual([isAlive(main), isAlive(other), cgroupOf(other)], [false, true, frameworkOf("a")]);
  await until("its group to go", () => !existsSync(`${v2}${group}`));
});

test("a scope, which has no main process, ends for systemd when it is empty; its processes go on in the session", async () => {
  const unit = `corral-adopt-${process.pid}.scope`;
  const pids = await startScope(unit);
  const { processes, group } = await guard.client.adopt("a", { unit });
  assert.deepEqual([processes, group], [pids.length, `/system.slice/${unit}`]);
  await until("systemd to see that it is empty", () => property(unit, "ActiveState") === "inactive");
  assert.deepEqual([pids.every(isAlive), new Set(pids.map(cgroupOf))], [true, new Set([frameworkOf("a")])]);
});

async function startScope(unit: string): Promise<readonly number[]> {
  const script =
    'systemd-run --scope --quiet --unit="$1" sh -c "sleep 600 & exec sleep 600" </dev/null >/dev/null 2>&1 &';
  execFileSync("sh", ["-c", script, "sh", unit]);
  const group = `/system.slice/${unit}`;
  await until(`${unit} to have two processes`, () => existsSync(`${v2}${group}`) && pidsIn(group).length === 2);
  return pidsIn(group);
}

interface Container {
  readonly id: string;
  readonly pid: number;
  readonly runc: (...args: readonly string[]) => { readonly status: number | null; readonly text: string };
}

/** Starts a container of one static program, in a root file system of that program alone. @param cgroupsPath as runc takes it */
function startContainer(id: string, flags: readonly string[], cgroupsPath: string): Container {
  const bundle = mkdtempSync(join(place.home, "bundle-"));
  mkdirSync(join(bundle, "rootfs"), { recursive: true });
  copyFileSync(fixture("grow-memory"), join(bundle, "rootfs/stay"));
  chmodSync(join(bundle, "rootfs/stay"), 0o755);
  const log = join(bundle, "runc.log");
  const runc: Container["runc"] = (...args) => {
    const words = ["--root", join(place.home, "runc"), "--log", log, ...flags, ...args];
    // What is run keeps the output of who ran it.
    const output = args[0] === "run" ? "ignore" : "pipe";
    const ran = spawnSync("runc", words, { cwd: bundle, encoding: "utf8", stdio: ["ignore", output, output] });
    const why = ran.status === 0 || !existsSync(log) ? "" : read(log);
    return { status: ran.status, text: `${ran.stdout ?? ""}${why}`.trim() };
  };
  assert.deepEqual(runc("spec"), { status: 0, text: "" });
  const spec = JSON.parse(read(join(bundle, "config.json")));
  spec.process.terminal = false;
  spec.process.args = ["/stay", "1", "100", "600"];
  spec.linux.cgroupsPath = cgroupsPath;
  spec.linux.resources.pids = { limit: 50 };
  writeFileSync(join(bundle, "config.json"), JSON.stringify(spec));
  assert.deepEqual(runc("run", "--detach", id), { status: 0, text: "" });
  return { id, pid: JSON.parse(runc("state", id).text).pid, runc };
}

const parent = `/corral-vmtest-runc-${process.pid}`;
const id = "0123456789abcdef".repeat(4);

for (const [driver, flags, cgroupsPath, group] of [
  ["cgroupfs", [], `${parent}/${id}`, `${parent}/${id}`],
  ["systemd", ["--systemd-cgroup"], `system.slice:runc:${id}`, `/system.slice/runc-${id}.scope`],
] as const)
  test(`a container of runc with the ${driver} driver goes into a session by its id; runc follows, ends and deletes it`, async (t) => {
    if (!requires(t, program("runc"))) return;
    const { pid, runc } = startContainer(id, flags, cgroupsPath);
    try {
      assert.equal(cgroupOf(pid), group);
      const document = await guard.client.adopt("b", { container: id.slice(0, 12) });
      assert.deepEqual(document, { schema: "corral.session-adopt/1", session: "b", group, processes: 1, left: [] });
      assert.equal(cgroupOf(pid), frameworkOf("b"));
      assert.equal(JSON.parse(runc("state", id).text).status, "running");
      if (driver === "cgroupfs") assert.equal(read(`${v2}${group}/pids.max`), "50");
      await guard.client.freezeSession("b");
      assert.equal(isFrozen("b"), true);
      await guard.client.thawSession("b");
      assert.deepEqual(runc("kill", id, "KILL"), { status: 0, text: "" });
      await until("it to end", () => JSON.parse(runc("state", id).text).status === "stopped");
    } finally {
      runc("delete", "--force", id);
    }
    assert.deepEqual([existsSync(`${v2}${group}`), isAlive(pid)], [false, false]);
  });

test("at its end the guard has taken its limits back, and what was adopted stays where it is and goes on", async () => {
  const unit = `corral-adopt-${process.pid}-last.service`;
  const pids = await startUnit(unit);
  await guard.client.updateSession("a", { limits: { "memory-high": "64M" } });
  await guard.client.adopt("a", { unit });
  await guard.client.freezeSession("a");
  assert.equal(await guard.end("SIGTERM"), 0, guard.stderr());
  const left = ["cgroup.freeze", "cpu.weight", "memory.high", "pids.max"].map((file) =>
    read(`${place.root}/a/${file}`),
  );
  assert.deepEqual(left, ["0", "100", "max", "max"]);
  assert.deepEqual([pids.every(isAlive), new Set(pids.map(cgroupOf))], [true, new Set([frameworkOf("a")])]);
  assert.deepEqual(
    [property(unit, "ActiveState"), read(`${v2}/system.slice/${unit}/pids.max`), existsSync(`${place.root}/b`)],
    ["active", "50", false],
  );
  systemctl("stop", unit);
});
