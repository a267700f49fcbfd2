import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, describe, test } from "node:test";
import { openBench } from "../shared/bench.ts";
import { aRun } from "../shared/scenario-results.ts";

const bench = openBench();
after(async () => {
  await bench.close();
});

/** A file of results. */
function results(name: string, documents: unknown): string {
  const at = bench.fresh(name);
  writeFileSync(at, JSON.stringify(documents));
  return at;
}

const good = results("good.json", aRun(1000));
const slow = results(
  "slow.json",
  [500, 505, 495].map((iterations, repeat) => aRun(iterations, { repeat })),
);
const fast = results(
  "fast.json",
  [1000, 1010, 990].map((iterations, repeat) => aRun(iterations, { repeat })),
);

describe("corral scenario compare", () => {
  test("ends with 1 for a regression, 0 without one", async () => {
    const worse = await bench.corral(["scenario", "compare", fast, slow]);
    assert.deepEqual([worse.status, worse.err], [1, ""]);
    assert.match(worse.out, /^regression {2}total_iterations .* (?:0\.0000|<0\.0001)$/m);
    const better = await bench.corral(["scenario", "compare", slow, fast]);
    assert.deepEqual(
      [better.status, /^0 regressions, 4 improvements, 0 noisy$/m.test(better.out)],
      [0, true],
      better.out,
    );
  });

  test("ends with 1 when a scenario that passed does nothing but fail", async () => {
    const failed = results("failed.json", { ...aRun(1000), verdict: "fail" });
    const { status, out } = await bench.corral(["scenario", "compare", good, failed]);
    assert.deepEqual(
      [status, out],
      [
        1,
        [
          "regression: steady passed in 1 run of A, and in none of B: 1 failed",
          "left out, for they failed or were skipped: 0 runs of A, 1 of B",
          "1 regression, 0 improvements, 0 noisy\n",
        ].join("\n"),
      ],
    );
  });

  test("ends with 2 when there is nothing to compare", async () => {
    const other = results("other.json", { ...aRun(1000), scenario: "bursts" });
    const { status, out } = await bench.corral(["scenario", "compare", good, other]);
    assert.deepEqual([status, out], [2, "only in B: bursts\nonly in A: steady\nnothing to compare\n"]);
  });

  test("a threshold replaces the shares of all metrics", async () => {
    const { status } = await bench.corral(["scenario", "compare", fast, slow, "--threshold", "51"]);
    assert.equal(status, 0);
  });
});

describe("corral scenario report", () => {
  test("writes a page and JUnit XML in place of text", async () => {
    const [page, junit] = [bench.fresh("page.html"), bench.fresh("junit.xml")];
    const { status, out, err } = await bench.corral(["scenario", "report", good, "--html", page, "--junit", junit]);
    assert.deepEqual([status, out, err], [0, "", ""]);
    assert.match(readFileSync(page, "utf8"), /^<!DOCTYPE html>\n[\s\S]*<\/html>\n$/);
    assert.match(
      readFileSync(junit, "utf8"),
      /<testsuites name="corral scenario" tests="5" failures="0" errors="0" skipped="0">/,
    );
  });

  test("tells repeats as one, after each by itself", async () => {
    const { out } = await bench.corral(["scenario", "report", fast]);
    assert.equal(out.match(/^scenario steady \[sched=kernel\] \[topo=2n1l4c1t\] passed$/gm)?.length, 3);
    assert.match(out, /^scenario steady passed: 3 runs, 3 pass$/m);
  });
});

const empty = bench.fresh("empty");
mkdirSync(empty);
const damaged = bench.fresh("damaged.json");
writeFileSync(damaged, readFileSync(good, "utf8").slice(0, -100));
const unwritable = path.join(bench.dir, "no-such-directory", "page.html");

for (const [what, args, status, message] of [
  ["a comparison of one result", ["compare", good], 2, /scenario compare takes two results/],
  ["a comparison of three", ["compare", good, good, good], 2, /scenario compare takes two results/],
  ["a file that is missing", ["compare", good, "no-such.json"], 2, /"no-such\.json" cannot be read: ENOENT/],
  ["a directory without results", ["report", empty], 2, /has no result of a scenario/],
  ["a file that was cut", ["report", damaged], 2, /is no result of a scenario \(corral\.scenario\/1\)/],
  ["something else", ["report", "/etc/hostname"], 2, /is no result of a scenario \(corral\.scenario\/1\)/],
  ["a threshold that is no number", ["compare", good, good, "--threshold", "x"], 2, /--threshold expects a number/],
  ["a threshold below 0", ["compare", good, good, "--threshold=-1"], 2, /--threshold expects a number from 0/],
  ["a report of nothing", ["report"], 2, /scenario report needs a FILE/],
  ["two reports on stdout", ["report", good, "--html", "-", "--junit", "-"], 2, /can have stdout/],
  ["a page that has no name", ["report", good, "--html", ""], 2, /need the name of a file/],
  ["a page in no directory", ["report", good, "--html", unwritable], 125, /cannot write the page/],
] as const) {
  test(`${what} is one line and exit status ${status}`, async () => {
    const ran = await bench.corral(["scenario", ...args]);
    assert.deepEqual([ran.status, ran.out], [status, ""], ran.err);
    assert.match(ran.err, message);
    assert.equal(ran.err.trimEnd().split("\n").length, 1, ran.err);
    assert.equal(existsSync(unwritable), false);
  });
}
