/** @typedef {import("./run-node-tests.mjs").Totals & { name: string, seconds: number }} Row */

/**
 * What a whole run says at its end: a line per suite, then every skipped and every failed test by name, for CI shows the
 * end of the output only, and `N passed, N failed, N skipped` as the last line.
 * @param {readonly Row[]} rows
 * @returns {string}
 */
export function renderTotals(rows) {
  const sum = (count) => rows.reduce((total, row) => total + count(row), 0);
  return [
    "suite        passed  failed  skipped   seconds",
    ...rows.map(renderRow),
    ...rows.flatMap(({ name, skipped }) => skipped.map((line) => `skipped in ${name}: ${line}`)),
    ...rows.flatMap(({ name, failed }) => failed.map((line) => `failed in ${name}: ${line}`)),
    "",
    `${sum((row) => row.passed)} passed, ${sum((row) => row.failed.length)} failed, ${sum((row) => row.skipped.length)} skipped`,
  ].join("\n");
}

/** @param {Row} row */
function renderRow({ name, passed, failed, skipped, seconds }) {
  const cells = [cell(passed, 8), cell(failed.length, 8), cell(skipped.length, 9), cell(seconds.toFixed(1), 10)];
  return [name.padEnd(11), ...cells].join("");
}

/**
 * @param {string | number} value
 * @param {number} width
 */
function cell(value, width) {
  return String(value).padStart(width);
}
