import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { root } from "./root.mjs";
import { runNodeTests } from "./run-node-tests.mjs";

/** @typedef {import("./run-node-tests.mjs").Totals} Totals */

/**
 * The machines that the suite boots, one after the other; what can share a boot does. The host's files join in where
 * they say the same of pure cgroup v2 and enforcement/ does not measure it closer.
 * @type {readonly { name: string, tests: readonly string[], flags: readonly string[] }[]}
 */
const machines = [
  {
    name: "vm-plain",
    tests: [
      "test/vm/enforcement",
      ...[
        "acceptance",
        "attach",
        "attach-exit",
        "attach-guards",
        "doctor",
        "lifetime",
        "limits",
        "outcomes",
        "programs",
        "properties",
        "terminal",
      ].map((name) => `test/host/${name}.test.ts`),
    ],
    flags: ["--cpus", "2", "--disks", "2", "--env", "CORRAL_TEST_SLOWNESS=10"],
  },
  { name: "vm-numa", tests: ["test/vm/numa"], flags: ["--cpus", "2", "--numa", "2"] },
  { name: "vm-systemd", tests: ["test/vm/systemd"], flags: ["--init", "systemd"] },
  {
    name: "vm-stable",
    tests: [
      ...["attach", "cpu-quota", "memory", "pids", "freeze-and-kill", "delegation"].map(
        (name) => `test/vm/enforcement/${name}.test.ts`,
      ),
      // Before Linux 6.15 the kernel keeps no exit status for others.
      "test/host/attach-exit.test.ts",
    ],
    flags: ["--kernel", "debian-stable", "--env", "CORRAL_TEST_SLOWNESS=10"],
  },
];

/**
 * Runs the suites of test/vm in virtual machines and adds up.
 * @param {{ filter?: string }} options
 * @returns {Promise<Totals>}
 */
export async function runVmTests({ filter }) {
  buildFixtures();
  const sum = { passed: 0, failed: 0, skipped: /** @type {string[]} */ ([]) };
  for (const { name, tests, flags } of machines) {
    process.stdout.write(`\n─ ${name}: corral vm run ${flags.join(" ")}\n`);
    const wrap = (/** @type {string[]} */ nodeArgs) => insideVm(flags, nodeArgs);
    const totals = await runNodeTests(tests, { label: name, ...(filter && { filter }), wrap });
    sum.passed += totals.passed;
    sum.failed += totals.failed;
    sum.skipped.push(...totals.skipped.map((line) => `${name}: ${line}`));
  }
  return sum;
}

/**
 * @param {readonly string[]} flags
 * @param {readonly string[]} nodeArgs
 */
function insideVm(flags, nodeArgs) {
  const corral = [process.execPath, "dist/corral.cjs", "vm", "run", "--timeout", "900", ...flags];
  return [...corral, "--", process.execPath, ...nodeArgs];
}

/** Compiles the small programs that the guests run as workloads, on the host: a compiler in the guest takes minutes. */
function buildFixtures() {
  const from = join(root, "test/vm/fixtures");
  const to = join(root, "build/vm-fixtures");
  mkdirSync(to, { recursive: true });
  for (const source of readdirSync(from)) {
    const program = join(to, source.replace(/\.c$/, ""));
    const temporary = `${program}.${process.pid}.tmp`;
    const flags = ["-std=gnu11", "-O2", "-Wall", "-Wextra", "-Werror", "-static", "-o", temporary];
    const { status, stderr, error } = spawnSync("gcc", [...flags, join(from, source)], { encoding: "utf8" });
    if (status !== 0) throw new Error(`compiling ${source} failed: ${error?.message ?? stderr}`);
    renameSync(temporary, program);
  }
}
