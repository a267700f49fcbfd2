import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { basename, join } from "node:path";
import { runChild } from "./child.mjs";
import { root } from "./root.mjs";
import { runNodeTests } from "./run-node-tests.mjs";
import { filesUnder } from "./stamp.mjs";

/** @typedef {import("./run-node-tests.mjs").Totals} Totals */

/** More than CI has time for, when who runs the suite asks for it (CONTRIBUTING.md). */
const asked = ["CORRAL_TEST_KILLS", "CORRAL_TEST_SEED"].flatMap((name) =>
  process.env[name] === undefined ? [] : ["--env", `${name}=${process.env[name]}`],
);

/** A guest emulates its processors: what takes the reference machine a second may take it ten. */
const slow = ["--env", "CORRAL_TEST_SLOWNESS=10", ...asked];

/**
 * Seconds after which a guest is stopped at the latest. Only the last resort: a slow machine needs a multiple of what a
 * quick one does, and what hangs is noticed earlier, by the limit of each test file or by the silence of the guest.
 */
const limitSec = 3600;

/** @param {...string} names of test/host */
const hostTests = (...names) => names.map((name) => `test/host/${name}.test.ts`);

/**
 * The machines that the suite boots, the longest first, as many at a time as guests may run; what can share a boot does.
 * The host's files join in where they say the same of pure cgroup v2, and neither enforcement/ measures it closer nor
 * the run on the host itself proves it (programs: whole clips and pipes; terminal).
 * @type {readonly { name: string, tests: readonly string[], flags: readonly string[] }[]}
 */
const machines = [
  {
    name: "vm-plain",
    tests: ["test/vm/enforcement", "test/vm/kernels", "test/host/program-files.test.ts"],
    flags: ["--cpus", "2", "--disks", "2", ...slow],
  },
  {
    name: "vm-attach",
    tests: ["test/vm/numa", ...hostTests("attach", "attach-exit", "attach-guards")],
    flags: ["--cpus", "2", "--numa", "2", ...slow],
  },
  { name: "vm-systemd", tests: ["test/vm/systemd"], flags: ["--init", "systemd", ...slow] },
  {
    name: "vm-run",
    tests: hostTests("acceptance", "doctor", "lifetime", "limits", "outcomes", "properties"),
    flags: ["--cpus", "2", ...slow],
  },
  {
    name: "vm-share",
    tests: ["cpu-backend", "memory", "replay"].map((name) => `test/vm/guard/${name}.test.ts`),
    flags: ["--cpus", "2", "--disks", "1", ...slow],
  },
  {
    name: "vm-guard",
    tests: [
      ...["isolation", "killed", "many-calls", "served-run", "sessions", "tenants", "tools"].map(
        (name) => `test/vm/guard/${name}.test.ts`,
      ),
      ...hostTests("served-run", "served-run-faults"),
    ],
    flags: ["--cpus", "2", ...slow],
  },
  { name: "vm-agents", tests: ["test/vm/agents", "test/vm/policy"], flags: ["--cpus", "2", ...slow] },
  {
    name: "vm-scenario",
    tests: [
      "test/vm/scenario/scheduler.test.ts",
      ...hostTests("scenario-custom", "scenario-killed", "scenario-monitor", "scenario-run", "scenario-workers"),
    ],
    flags: ["--cpus", "2", ...slow],
  },
  { name: "vm-scx", tests: ["test/vm/scheduler"], flags: ["--cpus", "2", ...slow] },
  {
    name: "vm-stable",
    tests: [
      ...["attach", "memory", "pids"].map((name) => `test/vm/enforcement/${name}.test.ts`),
      "test/vm/kernels",
      // Before Linux 6.15 the kernel keeps no exit status for others.
      ...hostTests("program-files", "attach-exit", "attach-zombie"),
    ],
    flags: ["--kernel", "debian-stable", ...slow],
  },
  {
    name: "vm-oldstable",
    tests: ["test/vm/kernels", "test/host/program-files.test.ts"],
    flags: ["--kernel", "debian-oldstable", ...slow],
  },
];

/**
 * Machines that run only when they are asked for by name: what they judge is how CPUs are shared, within limits that are yet to be
 * shown to hold on a host whose own CPUs are busy. A run without them counts each as skipped.
 * @type {typeof machines}
 */
const onlyAsked = ["8", "2"].map((cpus) => ({
  // The shipped scenarios and their broken twins, on a small machine and on one whose CPUs take turns on the host's.
  name: `vm-canned${cpus}`,
  tests: ["test/vm/scenario/canned.test.ts"],
  flags: ["--cpus", cpus, "--numa", "2", ...slow],
}));

/**
 * Runs the suites of test/vm in virtual machines and adds up.
 * @param {{ filter?: string }} options
 * @returns {Promise<Totals>}
 */
export async function runVmTests({ filter }) {
  refuseForgotten();
  buildFixtures();
  await fillCodeCaches();
  const sum = { passed: 0, failed: /** @type {string[]} */ ([]), skipped: /** @type {string[]} */ ([]) };
  const waiting = chosenMachines();
  if (process.env["CORRAL_TEST_MACHINES"] === undefined) {
    sum.skipped.push(
      ...onlyAsked.map(({ name }) => `${name}: runs only when CORRAL_TEST_MACHINES=${name} asks for it`),
    );
  }
  const lane = async () => {
    for (let machine = waiting.shift(); machine !== undefined; machine = waiting.shift()) {
      const { passed, failed, skipped } = await runMachine(machine, filter);
      sum.passed += passed;
      sum.failed.push(...failed.map((line) => `${machine.name}: ${line}`));
      sum.skipped.push(...skipped.map((line) => `${machine.name}: ${line}`));
    }
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), machines.length) }, lane));
  return sum;
}

/** All machines, or those that CORRAL_TEST_MACHINES=NAME,NAME… names; what is left out then is said. */
function chosenMachines() {
  const wanted = process.env["CORRAL_TEST_MACHINES"]?.split(",");
  if (wanted === undefined) return [...machines];
  const known = [...machines, ...onlyAsked];
  const chosen = known.filter(({ name }) => wanted.includes(name));
  const unknown = wanted.filter((name) => !known.some((machine) => machine.name === name));
  if (unknown.length > 0) throw new Error(`no such machine: ${unknown.join(", ")}`);
  const left = known.filter((machine) => !chosen.includes(machine)).map(({ name }) => name);
  process.stdout.write(`CORRAL_TEST_MACHINES: left out: ${left.join(" ")}\n`);
  return chosen;
}

/** A file that no machine runs would never fail. */
function refuseForgotten() {
  const isRun = (/** @type {string} */ file) =>
    [...machines, ...onlyAsked].some(({ tests }) => tests.some((test) => file === test || file.startsWith(`${test}/`)));
  const forgotten = filesUnder("test/vm", (path) => path.endsWith(".test.ts")).filter((file) => !isRun(file));
  if (forgotten.length > 0) throw new Error(`no machine runs ${forgotten.join(", ")}`);
}

/**
 * @param {typeof machines[number]} machine
 * @param {string | undefined} filter
 */
async function runMachine({ name, tests, flags }, filter) {
  const started = performance.now();
  const say = (/** @type {string} */ text) => process.stdout.write(`─ ${name}: ${text}\n`);
  say(`corral vm run ${flags.join(" ")}`);
  const wrap = (/** @type {string[]} */ nodeArgs) => insideVm(flags, nodeArgs);
  const linePrefix = `${name.padEnd(10)} │ `;
  const totals = await runNodeTests(tests, { label: name, ...(filter && { filter }), wrap, linePrefix });
  say(`${((performance.now() - started) / 1000).toFixed(0)} s`);
  return totals;
}

/**
 * @param {readonly string[]} flags
 * @param {readonly string[]} nodeArgs
 */
function insideVm(flags, nodeArgs) {
  const corral = [process.execPath, "dist/corral.cjs", "vm", "run", "--timeout", String(limitSec), ...flags];
  return [...corral, "--", process.execPath, ...nodeArgs];
}

/** Compiles the small programs that the guests run as workloads, on the host: a compiler in the guest takes minutes. */
function buildFixtures() {
  const own = readdirSync(join(root, "test/vm/fixtures")).map((name) => join("test/vm/fixtures", name));
  const to = join(root, "build/vm-fixtures");
  mkdirSync(to, { recursive: true });
  for (const source of [...own, "test/host/fixtures/enrolled-workload.c"]) {
    const program = join(to, basename(source, ".c"));
    const temporary = `${program}.${process.pid}.tmp`;
    const flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-Inative/client", "-static", "-o", temporary];
    const { status, stderr, error } = spawnSync("gcc", [...flags, source], { cwd: root, encoding: "utf8" });
    if (status !== 0) throw new Error(`compiling ${source} failed: ${error?.message ?? stderr}`);
    renameSync(temporary, program);
  }
}

/**
 * Has both programs of dist/ leave their code caches (src/cli/starter.ts): a guest, which cannot write there, starts
 * Corral twice as fast with them. The second command line is one that the everyday program declines.
 */
async function fillCodeCaches() {
  const state = mkdtempSync(join(tmpdir(), "corral-caches-"));
  const env = { ...process.env, CORRAL_STATE_DIR: state };
  try {
    for (const limit of [["--pids-max", "9"], ["--pids-max=9"]])
      await runChild(process.execPath, ["dist/corral.cjs", "run", "--quiet", ...limit, "--", "true"], { env });
  } finally {
    rmSync(state, { recursive: true, force: true });
  }
}
