import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after, beforeEach, describe, test } from "node:test";
import { packageRoot } from "../../src/kernel/index.ts";

const scratch = mkdtempSync(path.join(tmpdir(), "corral-starter-"));
const copy = path.join(scratch, "package");
const cache = path.join(copy, "dist", `run.${process.version}.${process.arch}.v8`);
const wholeCache = path.join(copy, "dist", `program.${process.version}.${process.arch}.v8`);

/** A package of its own, as installed and never started. */
function install(): void {
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(path.join(copy, "dist"), { recursive: true });
  for (const name of ["package.json", "dist/corral.cjs", "dist/run.cjs", "dist/program.cjs"]) {
    copyFileSync(path.join(packageRoot(), name), path.join(copy, name));
  }
  symlinkSync(path.join(packageRoot(), "prebuilds"), path.join(copy, "prebuilds"));
}

function corral(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { ...process.env, CORRAL_STATE_DIR: path.join(scratch, "state") };
  const argv = [path.join(copy, "dist/corral.cjs"), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8", env });
  return { status, stdout, stderr };
}

const runs = { status: 0, stdout: "hi\n", stderr: "" };
const run = () => corral("run", "--quiet", "--", "echo", "hi");

describe("the code cache", () => {
  beforeEach(install);
  after(() => rmSync(scratch, { recursive: true }));

  test("is made by the first run that succeeds, and used by the next", () => {
    assert.deepEqual(run(), runs);
    const made = readFileSync(cache);
    assert.deepEqual(run(), runs);
    assert.deepEqual(readFileSync(cache), made);
  });

  test("is made again by the first run with limits, and then stays", () => {
    run();
    const plain = readFileSync(cache);
    assert.deepEqual(corral("run", "--quiet", "--pids-max", "100", "--", "echo", "hi"), runs);
    const limits = readFileSync(cache);
    assert.notDeepEqual(limits, plain);
    run();
    assert.deepEqual(readFileSync(cache), limits);
  });

  test("is not made by what compiles only a part of a run", () => {
    corral("--version");
    corral("run", "--dry-run", "--", "true");
    corral("run", "--quiet", "--", "false");
    corral("run", "--no-such-flag");
    assert.equal(existsSync(cache), false);
    assert.equal(existsSync(wholeCache), false);
  });

  test("belongs to the program that ran: a command line that is not plain needs the whole one", () => {
    assert.deepEqual(corral("run", "--quiet", "--pids-max=100", "--", "echo", "hi"), runs);
    assert.equal(existsSync(cache), false);
    assert.equal(existsSync(wholeCache), true);
  });

  test("of another program is not used, and is replaced", () => {
    writeFileSync(cache, Buffer.alloc(100_000, 0x41));
    assert.deepEqual(run(), runs);
    assert.equal(
      readFileSync(cache, "latin1").slice(-33, -1),
      readFileSync(path.join(copy, "dist/run.cjs"), "latin1").slice(2, 34),
    );
  });

  test("that was cut short is refused by V8, and the program runs all the same", () => {
    run();
    const bytes = readFileSync(cache);
    writeFileSync(cache, Buffer.concat([bytes.subarray(0, 50_000), bytes.subarray(-33)]));
    assert.deepEqual(run(), runs);
  });

  test("made for other flags of Node is refused, and the program runs all the same", () => {
    run();
    const argv = ["--no-opt", path.join(copy, "dist/corral.cjs"), "--version"];
    assert.equal(spawnSync(process.execPath, argv, { encoding: "utf8" }).status, 0);
  });

  test("that cannot be written is done without", () => {
    mkdirSync(cache);
    assert.deepEqual(run(), runs);
    const programs = ["corral.cjs", "program.cjs", "run.cjs"];
    assert.deepEqual(readdirSync(path.join(copy, "dist")).sort(), [...programs, path.basename(cache)].sort());
  });
});
