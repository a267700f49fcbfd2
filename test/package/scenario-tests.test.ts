/** Scenarios in the test files of users: the examples of docs/scenario-results.md, with the packed package, under both runners. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { transformSync } from "esbuild";
import { makeGroupParent } from "../shared/group-parent.ts";
import { installPackage } from "../shared/installed-package.ts";
import { controller, cpus, requires, root } from "../shared/requires.ts";
import { scaled } from "../shared/timing.ts";

const page = readFileSync("docs/scenario-results.md", "utf8");
const examples = [...page.matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map((match) => match[1] ?? "");
const isTest = (source: string): boolean => source.includes('from "node:test"');

/** What the second example rehearses. */
const caches = `version: 1
name: caches
duration: 30s
steps: [{ setup: [{ name: web, cpuset: { exact: 0 }, works: [{ workers: 1 }] }], hold: { fixed: 200ms } }]
checks: { isolation: true }
`;

/** Tests that come to each of the other ends; the scenario that strays is told of a cpuset that its worker then leaves. */
const ends = `import { test } from "node:test";
import { cgroup, hold, loadScenario, rehearse, rehearseFile, requirePass, scenario } from "corral/scenario";

const held = (parts: object) => scenario("held", { duration: "30s", steps: [{ setup: [cgroup("web").workers(1)], hold: hold.fixed("100ms") }], ...parts });

test("fails by its own check", { timeout: 60_000 }, async (t) => {
  requirePass(t, await rehearse(held({}), { checks: { "enough groups": ({ claim, record }) => void claim("groups", record.groups.length).atLeast(2) } }));
});
test("fails by a check of its file", { timeout: 60_000 }, async (t) => {
  requirePass(t, await rehearseFile(loadScenario("broken.yaml")));
});
test("is inconclusive", { timeout: 60_000 }, async (t) => {
  requirePass(t, await rehearse(held({}), { checks: { "looks at nothing": () => {} } }));
});
test("is allowed to be inconclusive", { timeout: 60_000 }, async (t) => {
  requirePass(t, await rehearse(held({}), { checks: { "looks at nothing": () => {} } }), { allowInconclusive: true });
});
test("is skipped", { timeout: 60_000 }, async (t) => {
  requirePass(t, await rehearse(held({ needs: { cpus: 4096 } })));
});
`;

const broken = `version: 1
name: broken
duration: 30s
steps: [{ setup: [{ name: web, works: [{ workers: 1 }] }], hold: { fixed: 100ms } }]
checks:
  min_iteration_rate: 1000000000000
`;

const forVitest = (source: string): string => source.replace('from "node:test"', 'from "vitest"');
const asScript = (source: string): string => transformSync(source, { loader: "ts", format: "esm" }).code;

describe("scenarios in tests of a user", () => {
  const scratch = mkdtempSync(join(tmpdir(), "corral-scenario-tests-"));
  const user = join(scratch, "user");
  const parent = makeGroupParent();

  before(() => {
    installPackage(scratch, user);
    symlinkSync(resolve("node_modules/vitest"), join(user, "node_modules/vitest"));
  });
  after(async () => {
    await parent.remove();
    rmSync(scratch, { recursive: true });
  });

  /** A folder below the user's, with these test files and the scenarios that they read. */
  function folderOf(files: Readonly<Record<string, string>>): string {
    const folder = mkdtempSync(join(user, "tests-"));
    for (const [name, text] of Object.entries({ ...files, "caches.yaml": caches, "broken.yaml": broken }))
      writeFileSync(join(folder, name), text);
    return folder;
  }

  function run(args: readonly string[], cwd: string) {
    const { NODE_TEST_CONTEXT: _, ...rest } = process.env;
    const env = {
      ...rest,
      CORRAL_STATE_DIR: join(scratch, "state"),
      CORRAL_CGROUP_PARENT: parent.argument,
      NO_COLOR: "1",
      FORCE_COLOR: "0",
    };
    const limits = { timeout: scaled(120_000), killSignal: "SIGKILL" } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd, encoding: "utf8", env, ...limits });
    return { status, told: `${stdout}${stderr}` };
  }

  const underNode = (sources: readonly string[]) => {
    const files = sources.map((source, at) => [`t${at}.test.mjs`, asScript(source)] as const);
    const names = files.map(([name]) => name);
    return run(
      ["--test", "--test-concurrency=1", "--test-reporter=tap", ...names],
      folderOf(Object.fromEntries(files)),
    );
  };

  const underVitest = (sources: readonly string[]) => {
    const files = sources.map((source, at) => [`t${at}.test.ts`, forVitest(source)] as const);
    const folder = folderOf(Object.fromEntries(files));
    const flags = ["--root", folder, "--no-file-parallelism", "--reporter=tap-flat"];
    return run([resolve("node_modules/vitest/vitest.mjs"), "run", ...flags], folder);
  };

  const able = [root(), cpus(2), controller("cpuset"), controller("cpu")] as const;
  const sources = examples.filter(isTest);

  for (const [runner, runAll] of [
    ["node:test", underNode],
    ["Vitest", underVitest],
  ] as const) {
    test(`the examples pass under ${runner}`, (t) => {
      if (!requires(t, ...able)) return;
      assert.equal(sources.length, 2);
      const { status, told } = runAll(sources);
      assert.equal(status, 0, told);
      for (const name of ["batch is throttled from its quota on", "caches.yaml passes"])
        assert.match(told, new RegExp(`^ *ok \\d+ - .*${name}`, "m"));
      assert.doesNotMatch(told, /SKIP|not ok/);
    });

    test(`under ${runner} what fails says why, and what is to be skipped is`, (t) => {
      if (!requires(t, ...able)) return;
      const { status, told } = runAll([ends]);
      assert.equal(status, 1, told);
      const ending = (name: string): string | undefined =>
        new RegExp(`^ *((?:not )?ok) \\d+ - .*${name}.*?( # SKIP.*)?$`, "m").exec(told)?.slice(1).join("").trim();
      assert.deepEqual(
        [
          "fails by its own check",
          "fails by a check of its file",
          "is inconclusive",
          "is allowed to be inconclusive",
        ].map(ending),
        ["not ok", "not ok", "not ok", "ok"],
        told,
      );
      assert.match(ending("is skipped") ?? "", /^ok # SKIP/);
      for (const said of [
        /scenario held failed: 1 of 1 check did not hold/,
        /FAIL enough groups \(claim\): groups is 1, at least 2 is claimed/,
        /found 1, limit at least 2/,
        /scenario broken failed: 1 of 1 check did not hold/,
        /FAIL min_iteration_rate \(benchmark\): SpinWait in web: iteration rate of worker \d+: .*, at least 1000000000000 is asked for/,
        /asked for at broken\.yaml:6:3/,
        /scenario held is inconclusive: 1 of 1 check did not hold/,
        /INCONCLUSIVE looks at nothing \(claim\): the check claimed nothing/,
      ])
        assert.match(told, said);
    });
  }

  test("no group is left behind", () => {
    assert.deepEqual(parent.children(), []);
  });

  const strictest = [
    "--strict",
    "--exactOptionalPropertyTypes",
    "--noUncheckedIndexedAccess",
    "--noPropertyAccessFromIndexSignature",
  ];
  for (const compiler of ["typescript", "typescript7"]) {
    test(`every example compiles with ${compiler}, also for Vitest`, () => {
      const folder = mkdtempSync(join(user, "types-"));
      const sources = [...examples, ends];
      for (const [at, source] of sources.entries()) writeFileSync(join(folder, `e${at}.mts`), source);
      for (const [at, source] of sources.filter(isTest).entries())
        writeFileSync(join(folder, `v${at}.mts`), forVitest(source));
      const types = ["--types", "node", "--typeRoots", resolve("node_modules/@types")];
      const compile = (files: string, ...flags: readonly string[]) => {
        const names = (files === "e" ? sources : sources.filter(isTest)).map((_, at) => `${files}${at}.mts`);
        const all = [
          "--noEmit",
          ...strictest,
          "--target",
          "es2022",
          "--module",
          "node16",
          ...types,
          ...flags,
          ...names,
        ];
        const { status, stdout } = spawnSync(process.execPath, [resolve("node_modules", compiler, "bin/tsc"), ...all], {
          cwd: folder,
          encoding: "utf8",
        });
        return { status, stdout };
      };
      assert.deepEqual(compile("e"), { status: 0, stdout: "" });
      // Vitest's own declarations are not ours to judge.
      assert.deepEqual(compile("v", "--skipLibCheck"), { status: 0, stdout: "" });
    });
  }
});
