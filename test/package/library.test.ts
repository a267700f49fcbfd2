import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { makeGroupParent } from "../shared/group-parent.ts";
import { installPackage } from "../shared/installed-package.ts";
import { controller, requires } from "../shared/requires.ts";

const limitMs = 30_000;
const pages = ["docs/library.md", "docs/protocol.md", "docs/arena.md", "docs/scenario.md", "README.md"];

interface Example {
  readonly page: string;
  readonly title: string;
  readonly source: string;
}

/** The ```js blocks of a page, by the heading they stand under. */
function examplesIn(page: string): Example[] {
  const sections = readFileSync(page, "utf8").split(/^#+ /m);
  return sections.flatMap((section) =>
    [...section.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map((match) => ({
      page,
      title: section.split("\n", 1)[0] ?? "",
      source: match[1] ?? "",
    })),
  );
}

const examples = pages.flatMap(examplesIn);

describe("the library of the packed package", () => {
  const scratch = mkdtempSync(join(tmpdir(), "corral-library-"));
  const user = join(scratch, "user");
  const state = join(scratch, "state");
  const parent = makeGroupParent();

  before(() => void installPackage(scratch, user));
  after(async () => {
    await parent.remove();
    rmSync(scratch, { recursive: true });
  });

  /** Runs a program in a folder below the user's, so that the package is found as Node finds it. */
  function runProgram(source: string) {
    const cwd = mkdtempSync(join(user, "program-"));
    writeFileSync(join(cwd, "program.js"), source);
    const env = { ...process.env, CORRAL_STATE_DIR: state, CORRAL_CGROUP_PARENT: parent.argument };
    const limits = { timeout: limitMs, killSignal: "SIGKILL" } as const;
    return spawnSync(process.execPath, ["program.js"], { cwd, encoding: "utf8", env, ...limits });
  }

  for (const [index, { page, title, source }] of examples.entries()) {
    test(`${page}, ${title}: example ${index + 1} does what it says`, () => {
      const { status, stdout, stderr } = runProgram(source);
      assert.equal(status, 0, stderr);
      const promised = [...source.matchAll(/^\/\/ prints (.*)$/gm)].map((match) => match[1] ?? "");
      const lines = stdout.split("\n");
      assert.deepEqual(
        promised.map((line) => (lines.includes(line) ? line : `${line} (not printed)`)),
        promised,
        stdout,
      );
    });
  }

  test("the limits stand in the first instruction", (t) => {
    if (!requires(t, controller("pids"))) return;
    const file = parent.fileOf("pids", "first", { v1: "pids.max", v2: "pids.max" });
    const { stdout, stderr } = runProgram(
      `import { run } from "corral";
       const job = await run("cat", [${JSON.stringify(file)}], { jobId: "first", limits: { pidsMax: 17 } });
       console.log((await job.result).constraints[0]?.status);`,
    );
    assert.deepEqual([stdout, stderr], ["17\napplied\n", ""]);
  });

  test("KILL of the program leaves the workload running, and its job orphaned", () => {
    const killed = runProgram(
      `import { run } from "corral";
       await run("sleep", ["1000"], { jobId: "orphan", stdio: "ignore" });
       process.kill(process.pid, "SIGKILL");`,
    );
    assert.equal(killed.signal, "SIGKILL");
    const { stdout, stderr } = runProgram(
      `import { getJob, takeUp } from "corral";
       const { live } = await getJob("orphan");
       const { ended_by_corral } = await (await takeUp("orphan")).stop();
       console.log(live?.state, live?.leader?.running, ended_by_corral);`,
    );
    assert.deepEqual([stdout, stderr], ["orphaned true stop\n", ""]);
  });

  test("no group is left behind", () => {
    assert.deepEqual(parent.children(), []);
  });

  const strictest = ["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess"];
  for (const compiler of ["typescript", "typescript7"]) {
    for (const [module, resolution] of [
      ["node16", "node16"],
      ["esnext", "bundler"],
    ] as const) {
      test(`every example and every type compiles with ${compiler} and ${resolution} resolution`, () => {
        const folder = join(user, `types-${compiler}-${resolution}`);
        mkdirSync(folder);
        for (const [index, { source }] of examples.entries()) writeFileSync(join(folder, `e${index}.mts`), source);
        writeFileSync(join(folder, "types.mts"), typesProgram);
        const flags = ["--noEmit", ...strictest, "--noPropertyAccessFromIndexSignature", "--target", "es2022"];
        const modules = ["--module", module, "--moduleResolution", resolution];
        const types = ["--types", "node", "--typeRoots", resolve("node_modules/@types")];
        const files = ["types.mts", ...examples.map((_, index) => `e${index}.mts`)];
        const tsc = [resolve("node_modules", compiler, "bin/tsc"), ...flags, ...modules, ...types, ...files];
        const { status, stdout } = spawnSync(process.execPath, tsc, { cwd: folder, encoding: "utf8" });
        assert.deepEqual({ status, stdout }, { status: 0, stdout: "" });
      });
    }
  }

  for (const [door, atLeast] of [
    [".", 40],
    ["arena", 20],
    ["guard/client", 12],
    ["scenario", 60],
  ] as const) {
    test(`every export of ${join("corral", door)} has a comment in the declarations`, () => {
      const folder = join(user, "node_modules/corral/dist/lib", door);
      const entry = readFileSync(join(folder, "index.d.ts"), "utf8");
      const exported = [...entry.matchAll(/^export (?:type )?\{([^}]*)\} from "(.*)";$/gm)].flatMap(
        ([, names = "", from = ""]) => names.split(",").map((name) => ({ name: name.trim(), from })),
      );
      const undocumented = exported.filter(({ name, from }) => !isDocumented(name, from, folder));
      assert.deepEqual([exported.length > atLeast, undocumented], [true, []]);
    });
  }

  /** Follows re-exports to the declaration, and looks for a comment right before it. */
  function isDocumented(name: string, from: string, folder: string): boolean {
    const file = join(folder, from.replace(/\.[jt]s$/, ".d.ts"));
    const text = readFileSync(file, "utf8");
    const next = [...text.matchAll(/^export (?:type )?\{([^}]*)\} from "(.*)";$/gm)].find(([, names = ""]) =>
      names.split(",").some((one) => one.trim() === name),
    );
    if (next !== undefined) return isDocumented(name, next[2] ?? "", dirname(file));
    return new RegExp(`\\*/\\nexport (declare )?(abstract )?(type|interface|class|function|const) ${name}\\b`).test(
      text,
    );
  }
});

/** What types promise: streams where pipes were asked for, null elsewhere, and nothing that does not exist. */
const typesProgram = `
import type { Readable, Writable } from "node:stream";
import { attach, CorralError, errorCodes, type ErrorCode, type Job, type JobEvent, type RunOptions, type RunReport, run } from "corral";

const all = await run("true", { stdio: "pipe" });
export const streams: [Writable, Readable, Readable] = [all.stdin, all.stdout, all.stderr];
const some = await run("true", [], { stdio: ["ignore", "pipe", { file: "x", append: undefined }] });
export const mixed: [null, Readable, null] = [some.stdin, some.stdout, some.stderr];
const none = await run(["true"] as const);
export const nothing: [null, null, null] = [none.stdin, none.stdout, none.stderr];
export const chosen = async (options: RunOptions): Promise<Readable | null> => (await run("true", options)).stdout;
export const options: RunOptions = { limits: { cpuQuota: undefined, ioMax: [{ disk: "sda", readBytesPerSec: "1M" }] }, timeout: undefined };
export const anyJob: Job = await attach(1, { keepLimits: true });
export const report: RunReport = await all.result;
export const code: ErrorCode = new CorralError("USAGE", "x").code;
export const status: number = errorCodes[code].exitStatus;
for await (const event of anyJob.events) { const one: JobEvent = event; void one; }
export const dispose = async (): Promise<void> => all[Symbol.asyncDispose]();
// @ts-expect-error: no such option
await run("true", { cpuQuota: 50 });
// @ts-expect-error: no such limit
await run("true", { limits: { cpuQouta: 50 } });
// @ts-expect-error: there is no stream to read
some.stdin.end();
// @ts-expect-error: timeouts are for what is started here
await attach(1, { timeout: 5 });
`;
