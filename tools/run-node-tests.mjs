/**
 * Runs node:test suites written in TypeScript: bundles each *.test.ts below build/test (packages stay
 * external), runs them one after the other with the repository root as working directory, streams
 * the readable output and counts.
 *
 *     node tools/run-node-tests.mjs DIR… [--label NAME] [--filter PATTERN]
 */
import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { bundleModules } from "./bundle.mjs";
import { root } from "./root.mjs";
import { filesUnder } from "./stamp.mjs";
import { totalsMark } from "./test-reporter.mjs";

/** After this long a test file hangs, and is ended and counted as failed. */
const hangMs = 600_000;

/**
 * @typedef {object} Totals
 * @property {number} passed
 * @property {number} failed
 * @property {string[]} skipped one line per skipped test: name and reason
 */

/**
 * @param {readonly string[]} folders relative to the repository root
 * @param {{ label?: string, filter?: string, wrap?: (nodeArgs: string[]) => string[] }} [options]
 *   `filter` runs only tests whose name matches this regular expression; `wrap` turns the arguments
 *   of node into the command to start, for suites that run somewhere else
 * @returns {Promise<Totals>} a run that broke off before its totals counts as one failure
 */
export async function runNodeTests(folders, { label = "tests", filter, wrap = onThisHost } = {}) {
  // Two people may run one suite of one checkout at the same time: each run has its own folder.
  const outdir = join("build/test", `${label}.${process.pid}`);
  try {
    const tests = folders.flatMap((folder) => filesUnder(folder, (path) => path.endsWith(".test.ts"))).toSorted();
    const files = await bundleModules(tests, outdir);
    return await runBundles(files, { label, filter, wrap, folders });
  } finally {
    rmSync(join(root, outdir), { recursive: true, force: true });
  }
}

async function runBundles(files, { label, filter, wrap, folders }) {
  if (files.length === 0) return { passed: 0, failed: 0, skipped: [`${label}: no *.test.ts in ${folders.join(", ")}`] };

  const nodeArgs = ["--enable-source-maps", "--test", "--test-concurrency=1", `--test-timeout=${hangMs}`];
  nodeArgs.push(`--test-reporter=${join(root, "tools/test-reporter.mjs")}`, "--test-reporter-destination=stdout");
  if (filter !== undefined) nodeArgs.push(`--test-name-pattern=${filter}`);
  const [program = "", ...args] = wrap([...nodeArgs, ...files]);
  return runAndCount(label, program, args);
}

/** @param {string[]} nodeArgs */
function onThisHost(nodeArgs) {
  return [process.execPath, ...nodeArgs];
}

/**
 * @param {string} label
 * @param {string} program
 * @param {readonly string[]} args
 * @returns {Promise<Totals>}
 */
function runAndCount(label, program, args) {
  return new Promise((resolve) => {
    /** @type {Totals | null} */
    let totals = null;
    // The variable marks children of a test run; with it, node --test would run nothing.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const child = spawn(program, args, { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
    createInterface({ input: child.stdout }).on("line", (line) => {
      const mark = line.indexOf(totalsMark);
      if (mark === -1) process.stdout.write(`${line}\n`);
      else totals = JSON.parse(line.slice(mark + totalsMark.length));
    });
    child.on("error", (error) => process.stdout.write(`${label}: ${program}: ${error.message}\n`));
    child.on("close", (code, signal) => {
      if (totals !== null && (code === 0 || totals.failed > 0)) return resolve(totals);
      process.stdout.write(`${label}: broke off (${signal ?? `status ${code}`})\n`);
      resolve({ passed: totals?.passed ?? 0, failed: 1, skipped: totals?.skipped ?? [] });
    });
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { label: { type: "string" }, filter: { type: "string" } },
  });
  const { passed, failed, skipped } = await runNodeTests(positionals, values);
  for (const line of skipped) process.stdout.write(`skipped: ${line}\n`);
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}
