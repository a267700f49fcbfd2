import { runChecks } from "./check.mjs";
import { runNodeTests } from "./run-node-tests.mjs";
import { runUnitTests } from "./run-unit-tests.mjs";
import { runVmTests } from "./run-vm-tests.mjs";
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
  nodeSuite("host", "real processes and cgroups of this host"),
  nodeSuite("package", "the packed tarball and the checks themselves"),
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
 * @returns {Suite}
 */
function nodeSuite(name, proves) {
  return {
    name,
    proves,
    run: ({ filter }) => runNodeTests([`test/${name}`], { label: name, ...(filter && { filter }) }),
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
