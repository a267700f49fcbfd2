import { readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { runChild } from "./child.mjs";
import { root } from "./root.mjs";

/** @typedef {import("./run-node-tests.mjs").Totals} Totals */

const resultFile = `build/test/unit.${process.pid}.json`;

/**
 * Runs the vitest suites that stand beside the sources.
 * @param {{ filter?: string }} [options] `filter` runs only tests whose name matches this regular expression
 * @returns {Promise<Totals>}
 */
export async function runUnitTests({ filter } = {}) {
  const flags = ["--reporter=default", "--reporter=json", `--outputFile.json=${resultFile}`];
  if (filter !== undefined) flags.push(`--testNamePattern=${filter}`);
  const { code } = await runChild(process.execPath, ["node_modules/vitest/vitest.mjs", "run", ...flags], {
    inherit: true,
    env: process.stdout.isTTY ? process.env : { ...process.env, NO_COLOR: "1" },
  });
  const totals = readTotals(filter !== undefined);
  rmSync(join(root, resultFile), { force: true });
  return code === 0 || totals.failed.length > 0 ? totals : { ...totals, failed: [`broke off (status ${code})`] };
}

/**
 * @param {boolean} filtered tests that the filter left out are not skipped ones
 * @returns {Totals}
 */
function readTotals(filtered) {
  try {
    const result = JSON.parse(readFileSync(join(root, resultFile), "utf8"));
    const tests = result.testResults.flatMap((file) => file.assertionResults);
    const failed = result.testResults.filter((file) => file.status === "failed").flatMap(failuresIn);
    const skipped = tests.filter((test) => test.status !== "passed" && test.status !== "failed");
    return {
      passed: result.numPassedTests,
      failed,
      skipped: filtered ? [] : skipped.map((test) => `${test.fullName}: ${test.status}`),
    };
  } catch (error) {
    return { passed: 0, failed: [`no results: ${error.message}`], skipped: [] };
  }
}

/** The tests that failed in a file, or the file itself when it broke off outside of them. */
function failuresIn({ name, assertionResults }) {
  const place = relative(root, name);
  const tests = assertionResults.filter((test) => test.status === "failed");
  return tests.length === 0 ? [place] : tests.map((test) => `${test.fullName.replaceAll(/\s+/g, " ")} (${place})`);
}
