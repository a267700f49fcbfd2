/**
 * `npm test`: sets up, runs every suite even when an earlier one failed, prints one table and, as
 * its last line, `N passed, N failed, N skipped`. Exit status 1 when anything failed.
 *
 *     node tools/test.mjs [SUITE…] [--filter PATTERN] [--with-check]
 */
import { parseArgs } from "node:util";
import { renderTotals } from "./render-totals.mjs";
import { say } from "./say.mjs";
import { setUp } from "./setup.mjs";

/** @typedef {import("./system-packages.mjs").NeedGroup} NeedGroup */
/** @typedef {import("./render-totals.mjs").Row} Row */

/** System packages a suite needs; suites not named here need what the build needs. */
const needs = /** @type {Record<string, NeedGroup[]>} */ ({
  host: ["build", "tests"],
  "vm-harness": ["build", "vm"],
  vm: ["build", "vm"],
});

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { filter: { type: "string" }, "with-check": { type: "boolean", default: false } },
});

try {
  process.exitCode = await main();
} catch (error) {
  say(`test: ${error.message}`);
  process.exitCode = 1;
}

async function main() {
  /** @type {NeedGroup[]} */
  const groups = positionals.flatMap((name) => needs[name] ?? ["build"]);
  await setUp(positionals.length === 0 ? undefined : [...new Set(groups)]);
  // Imported late: esbuild exists only once the set-up has run.
  const { checkSuite, suites } = await import("./suites.mjs");
  const known = [...(values["with-check"] ? [checkSuite] : []), ...suites];
  const unknown = positionals.find((name) => !known.some((suite) => suite.name === name));
  if (unknown !== undefined) {
    throw new Error(`there is no suite ${unknown}; the suites are ${known.map((suite) => suite.name).join(", ")}`);
  }

  const rows = [];
  for (const suite of known) {
    if (positionals.length === 0 || positionals.includes(suite.name)) rows.push(await runSuite(suite));
  }
  process.stdout.write(`\n${renderTotals(rows)}\n`);
  return rows.every(({ failed }) => failed.length === 0) ? 0 : 1;
}

/**
 * @param {import("./suites.mjs").Suite} suite
 * @returns {Promise<Row>}
 */
async function runSuite({ name, proves, unavailable, run }) {
  process.stdout.write(`\n━━ ${name}: ${proves}\n`);
  const started = performance.now();
  const reason = unavailable?.() ?? null;
  const totals =
    reason === null
      ? await run(values.filter === undefined ? {} : { filter: values.filter }).catch(brokeOff)
      : { passed: 0, failed: [], skipped: [`the whole suite: ${reason}`] };
  if (reason !== null) process.stdout.write(`not run: ${reason}\n`);
  return { name, ...totals, seconds: (performance.now() - started) / 1000 };
}

/**
 * A suite that cannot even begin fails as one, and the others run all the same.
 * @param {Error} error
 */
function brokeOff(error) {
  process.stdout.write(`broke off: ${error.stack}\n`);
  return { passed: 0, failed: [`broke off: ${error.message.split("\n", 1)[0]}`], skipped: [] };
}
