/**
 * Runs node:test suites written in TypeScript: bundles each *.test.ts below build/test (packages stay
 * external), runs them one after the other or so many at a time with the repository root as working
 * directory, streams the readable output and counts.
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
 * After this long without a line the run itself hangs: its machine, or what should have ended a file. It is what tells a
 * run that hangs from a slow one, which says something at the end of every test. Counted from the first line on: a
 * machine may have to wait for another one before.
 */
const silentMs = hangMs + 300_000;

/**
 * @typedef {object} Totals
 * @property {number} passed
 * @property {string[]} failed one line per failed test: its name; and one for a run that broke off
 * @property {string[]} skipped one line per skipped test: name and reason
 */

/**
 * @typedef {object} Options
 * @property {string} [label] name of the run
 * @property {string} [filter] runs only tests whose name matches this regular expression
 * @property {(nodeArgs: string[]) => string[]} [wrap] turns the arguments of node into the command to start, for suites
 *   that run somewhere else
 * @property {string} [linePrefix] tells the lines of suites apart that run side by side
 * @property {number} [atOnce] how many files run side by side; default: 1
 */

/**
 * @param {readonly string[]} folders relative to the repository root
 * @param {Options} [options]
 * @returns {Promise<Totals>} a run that broke off counts as one failure beside those it had named
 */
export async function runNodeTests(folders, options = {}) {
  const { label = "tests" } = options;
  // Two people may run one suite of one checkout at the same time: each run has its own folder.
  const outdir = join("build/test", `${label}.${process.pid}`);
  try {
    const tests = folders.flatMap((folder) => filesUnder(folder, (path) => path.endsWith(".test.ts"))).toSorted();
    const files = await bundleModules(tests, outdir);
    if (files.length > 0) return await runBundles(files, label, options);
    return { passed: 0, failed: [], skipped: [`${label}: no *.test.ts in ${folders.join(", ")}`] };
  } finally {
    rmSync(join(root, outdir), { recursive: true, force: true });
  }
}

/**
 * @param {readonly string[]} files
 * @param {string} label
 * @param {Options} options
 */
function runBundles(files, label, { filter, wrap = onThisHost, linePrefix = "", atOnce = 1 }) {
  const nodeArgs = ["--enable-source-maps", "--test", `--test-concurrency=${atOnce}`, `--test-timeout=${hangMs}`];
  nodeArgs.push(`--test-reporter=${join(root, "tools/test-reporter.mjs")}`, "--test-reporter-destination=stdout");
  if (filter !== undefined) nodeArgs.push(`--test-name-pattern=${filter}`);
  const [program = "", ...args] = wrap([...nodeArgs, ...files]);
  return runAndCount(label, program, args, linePrefix);
}

/** @param {string[]} nodeArgs */
function onThisHost(nodeArgs) {
  return [process.execPath, ...nodeArgs];
}

/**
 * @param {string} label
 * @param {string} program
 * @param {readonly string[]} args
 * @param {string} linePrefix
 * @returns {Promise<Totals>}
 */
function runAndCount(label, program, args, linePrefix) {
  return new Promise((resolve) => {
    /** @type {Totals & { whole: boolean }} */
    let totals = { passed: 0, failed: [], skipped: [], whole: false };
    let why = "";
    // The variable marks children of a test run; with it, node --test would run nothing.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const child = spawn(program, args, { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
    /** @type {NodeJS.Timeout | undefined} */
    let silence;
    const endSilent = () => {
      why = `no word for ${silentMs / 1000} s, `;
      child.kill("SIGTERM");
    };
    createInterface({ input: child.stdout }).on("line", (line) => {
      silence = silence?.refresh() ?? setTimeout(endSilent, silentMs);
      const mark = line.indexOf(totalsMark);
      if (mark === -1) process.stdout.write(`${linePrefix}${line}\n`);
      else totals = parseTotals(line.slice(mark + totalsMark.length)) ?? totals;
    });
    child.on("error", (error) => {
      why = `${program}: ${error.message}, `;
    });
    child.on("close", (code, signal) => {
      clearTimeout(silence);
      const { passed, failed, skipped, whole } = totals;
      if (whole && (code === 0 || failed.length > 0)) return resolve({ passed, failed, skipped });
      const end = `broke off (${why}${signal ?? `status ${code}`})`;
      process.stdout.write(`${label}: ${end}\n`);
      resolve({ passed, failed: [...failed, end], skipped });
    });
  });
}

/** Null for the half of a line, which a run that breaks off may leave. */
function parseTotals(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { label: { type: "string" }, filter: { type: "string" } },
  });
  const { passed, failed, skipped } = await runNodeTests(positionals, values);
  for (const line of skipped) process.stdout.write(`skipped: ${line}\n`);
  for (const line of failed) process.stdout.write(`failed: ${line}\n`);
  process.stdout.write(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped\n`);
  process.exitCode = failed.length === 0 ? 0 : 1;
}
