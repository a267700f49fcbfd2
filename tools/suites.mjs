import { availableParallelism } from "node:os";
import { runChecks } from "./check.mjs";
import { runNodeTests } from "./run-node-tests.mjs";
import { runUnitTests } from "./run-unit-tests.mjs";
import { runVmTests } from "./run-vm-tests.mjs";
import { filesUnder } from "./stamp.mjs";
import { findCommand } from "./system-packages.mjs";

/** @typedef {import("./run-node-tests.mjs").Totals} Totals */

/**
 * @typedef {object} Suite
 * @property {string} name
 * @property {string} proves what the suite is about, printed as its heading
 * @property {() => string | null} [unavailable] why the suite cannot run here, or null
 * @property {(options: { filter?: string }) => Promise<Totals>} run
 */

/** In the order they run: the quick ones first. @type {readonly Suite[]} */
export const suites = [
  { name: "unit", proves: "pure code", run: runUnitTests },
  nodeSuite("native", "launcher and addon against this kernel"),
  { name: "host", proves: "real processes and cgroups of this host", run: runHostTests },
  nodeSuite("package", "the packed tarball and the checks themselves", availableParallelism()),
  { ...nodeSuite("vm-harness", "the virtual machine itself"), unavailable: whyNoVm },
  {
    name: "vm",
    proves: "cgroup v2 enforcement in a virtual machine",
    unavailable: whyNoVm,
    run: runVmTests,
  },
];

/**
 * @param {string} name
 * @param {string} proves
 * @param {number} [atOnce] how many files run side by side
 * @returns {Suite}
 */
function nodeSuite(name, proves, atOnce = 1) {
  return {
    name,
    proves,
    run: ({ filter }) => runNodeTests([`test/${name}`], { label: name, atOnce, ...(filter && { filter }) }),
  };
}

/**
 * Files of test/host that have the machine to themselves: they measure what processes get of it, or make so many at once
 * that others would get little. All the rest runs side by side.
 */
const alone =
  /\/(disk|doctor|effects|enrolment|events|fallback|jobs|library-crowd|many-jobs|pid-reuse|policy|programs|properties|scenario|update|watch|workload)/;

/**
 * @param {{ filter?: string }} options
 * @returns {Promise<Totals>}
 */
async function runHostTests({ filter }) {
  const files = filesUnder("test/host", (path) => path.endsWith(".test.ts"));
  const options = { label: "host", ...(filter && { filter }) };
  const [others, measuring] = [files.filter((path) => !alone.test(path)), files.filter((path) => alone.test(path))];
  const first = await runNodeTests(others, { ...options, atOnce: availableParallelism() });
  const second = await runNodeTests(measuring, options);
  return {
    passed: first.passed + second.passed,
    failed: [...first.failed, ...second.failed],
    skipped: [...first.skipped, ...second.skipped],
  };
}

function whyNoVm() {
  if (findCommand("qemu-system-x86_64") === null) return "qemu-system-x86_64 is not installed";
  if (process.getuid?.() !== 0) return "sharing the root file system with the machine needs root";
  return null;
}

/**
 * The static checks as a suite, so that CI has one table.
 * @type {Suite}
 */
export const checkSuite = {
  name: "check",
  proves: "format, lint, types, layers, dead code, generated files",
  run: runChecks,
};
