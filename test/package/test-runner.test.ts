import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { describe, test } from "node:test";

/** Runs test files of the given texts with the repository's runner; they must stand below its root. */
function runTests(
  files: Readonly<Record<string, string>>,
  flags: readonly string[] = [],
): {
  readonly status: number | null;
  readonly skipped: string[];
  readonly failed: string[];
  readonly lastLine: string | undefined;
} {
  mkdirSync("build", { recursive: true });
  const folder = mkdtempSync(join("build", "runner-fixture-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), `import test from "node:test";\n${text}\n`);
    }
    const args = ["tools/run-node-tests.mjs", relative(".", folder), ...flags];
    const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
    const lines = stdout.trimEnd().split("\n");
    const told = (what: string): string[] =>
      lines.filter((line) => line.startsWith(`${what}: `)).map((line) => line.replaceAll(`${folder}/`, ""));
    return { status, skipped: told("skipped"), failed: told("failed"), lastLine: lines.at(-1) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("the test runner", () => {
  test("counts passed and skipped tests, prints each reason and succeeds", () => {
    const files = {
      "a.test.ts": 'test("one", () => {}); test("two", (t) => t.skip("no root"));',
      "b.test.ts": 'test("three", { skip: "no cgroup v2" }, () => {}); test("four", () => {});',
    };
    assert.deepEqual(runTests(files), {
      status: 0,
      skipped: ["skipped: two: no root", "skipped: three: no cgroup v2"],
      failed: [],
      lastLine: "2 passed, 0 failed, 2 skipped",
    });
  });

  test("fails when a test fails, and counts a failing subtest once", () => {
    const files = {
      "a.test.ts": 'test("parent", async (t) => { await t.test("child", () => { throw new Error("x"); }); });',
    };
    assert.deepEqual(runTests(files), {
      status: 1,
      skipped: [],
      failed: ["failed: child (a.test.ts)"],
      lastLine: "0 passed, 1 failed, 0 skipped",
    });
  });

  test("names every test that failed, on one line each", () => {
    const files = {
      "a.test.ts":
        'test("one", () => { throw 1; }); test("of\\ntwo lines", () => { throw 2; }); test("fine", () => {});',
      "b.test.ts": 'test("one", () => { throw 3; });',
    };
    const { failed, lastLine } = runTests(files);
    assert.deepEqual(failed, [
      "failed: one (a.test.ts)",
      "failed: of two lines (a.test.ts)",
      "failed: one (b.test.ts)",
    ]);
    assert.equal(lastLine, "1 passed, 3 failed, 0 skipped");
  });

  test("a run that breaks off has named what failed until then, and counts as one more", () => {
    const files = {
      "a.test.ts": 'test("one", () => { throw 1; });',
      // Its parent is the runner of all files.
      "b.test.ts": 'test("two", () => { process.kill(process.ppid, "SIGKILL"); });',
    };
    assert.deepEqual(runTests(files), {
      status: 1,
      skipped: [],
      failed: ["failed: one (a.test.ts)", "failed: broke off (SIGKILL)"],
      lastLine: "0 passed, 2 failed, 0 skipped",
    });
  });

  test("fails when a file ends before its tests do", () => {
    const files = { "a.test.ts": "process.exit(3);", "b.test.ts": 'test("fine", () => {});' };
    assert.deepEqual(runTests(files), {
      status: 1,
      skipped: [],
      failed: ["failed: a.test.ts"],
      lastLine: "1 passed, 1 failed, 0 skipped",
    });
  });

  test("fails when a file ends with status 0 before its tests have run", () => {
    const files = { "a.test.ts": 'test("never", () => new Promise(() => {}));' };
    assert.deepEqual(runTests(files), {
      status: 1,
      skipped: [],
      failed: ["failed: never (a.test.ts)"],
      lastLine: "0 passed, 1 failed, 0 skipped",
    });
  });

  test("runs only what the filter names, without calling the rest skipped", () => {
    const files = { "a.test.ts": 'test("alpha", () => {}); test("beta", () => { throw new Error("x"); });' };
    assert.deepEqual(runTests(files, ["--filter", "alpha"]), {
      status: 0,
      skipped: [],
      failed: [],
      lastLine: "1 passed, 0 failed, 0 skipped",
    });
  });

  test("reports a folder without tests as skipped", () => {
    const { status, lastLine } = runTests({});
    assert.deepEqual({ status, lastLine }, { status: 0, lastLine: "0 passed, 0 failed, 1 skipped" });
  });
});
