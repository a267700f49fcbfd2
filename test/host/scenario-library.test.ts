import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { openPackageRoot } from "../shared/readable-copy.ts";

const bench = openBench();
expectNoLeftovers(bench);
const corral = (cwd: string, ...args: readonly string[]) => bench.corral(args, { cwd });

function emptyDirectory(name: string): string {
  const path = bench.fresh(name);
  mkdirSync(path);
  return path;
}

test("list tells every scenario that is shipped, with its title, what it proves and what it needs", async () => {
  const { status, out } = await corral("/", "scenario", "list");
  assert.equal(status, 0);
  assert.match(out, /^cpuset-clear: A group that is held to one CPU is set free, and spreads at once$/m);
  assert.match(out, /^ {2}1\.20 s of holds; needs 2 CPUs$/m);
  assert.match(out, /needs a disk under temporary files \(TMPDIR\)$/m);
  const names = readdirSync("scenarios").flatMap((file) => /^(.*)\.yaml$/.exec(file)?.[1] ?? []);
  assert.deepEqual(
    out.split("\n").flatMap((line) => /^(\S+): /.exec(line)?.[1] ?? []),
    names.toSorted(),
  );
});

test("init copies a shipped scenario with its modules, and what it wrote can be planned", async () => {
  const cwd = emptyDirectory("copies");
  const { status, out } = await corral(cwd, "scenario", "init", "steady-llc");
  assert.deepEqual([status, out], [0, "steady-llc.yaml\nsteady-llc.mjs\n"]);
  for (const name of ["steady-llc.yaml", "steady-llc.mjs"])
    assert.equal(readFileSync(join(cwd, name), "utf8"), readFileSync(`scenarios/${name}`, "utf8"));
  const plan = await corral(cwd, "scenario", "plan", "steady-llc.yaml", "--topology", "cpus=8,llc=2");
  assert.match(plan.out, /group "llc-1": CPUs 4-7/);
});

test("init writes a commented example under the name of its file", async () => {
  const cwd = emptyDirectory("starter");
  const { status, out } = await corral(cwd, "scenario", "init", "halves.yaml");
  assert.deepEqual([status, out], [0, "halves.yaml\n"]);
  assert.match(readFileSync(join(cwd, "halves.yaml"), "utf8"), /^name: halves$/m);
  assert.equal((await corral(cwd, "scenario", "check", "halves.yaml", "--topology", "cpus=4")).status, 0);
});

test("init takes a new name for that of a file, and says what comes next", async () => {
  const cwd = emptyDirectory("new-name");
  const { status, out, err } = await corral(cwd, "scenario", "init", "mine");
  assert.deepEqual([status, out], [0, "mine.yaml\n"]);
  assert.match(err, /next: corral scenario plan mine\.yaml .*corral scenario run mine\.yaml/);
  assert.match(readFileSync(join(cwd, "mine.yaml"), "utf8"), /^name: mine$/m);
});

test("init writes over nothing, and nothing at all when one of several files is there", async () => {
  const cwd = emptyDirectory("taken");
  writeFileSync(join(cwd, "steady-llc.mjs"), "mine");
  const { status, err } = await corral(cwd, "scenario", "init", "steady-llc");
  assert.equal(status, 2);
  assert.match(err, /there is "steady-llc\.mjs" already, and nothing is written over it/);
  assert.deepEqual(
    [existsSync(join(cwd, "steady-llc.yaml")), readFileSync(join(cwd, "steady-llc.mjs"), "utf8")],
    [false, "mine"],
  );
});

test("a word that is neither a file nor a shipped scenario is told with the name that was meant", async () => {
  const cwd = emptyDirectory("words");
  for (const command of ["init", "run", "plan", "check"]) {
    const { status, err } = await corral(cwd, "scenario", command, "stedy");
    assert.equal(status, 2);
    assert.match(err, /"stedy" is neither a file nor a scenario that is shipped; .*did you mean steady\?/);
  }
});

test("a name stands for the shipped scenario, and for a file of that name where there is one", async () => {
  const cwd = emptyDirectory("names");
  const shipped = await corral(cwd, "scenario", "check", "steady", "--topology", "cpus=2");
  assert.deepEqual(
    [shipped.status, shipped.out],
    [0, `${join(openPackageRoot(), "scenarios/steady.yaml")}: ok, 1 step\n`],
  );
  writeFileSync(join(cwd, "steady"), "version: 1\nname: mine\nsteps: [{}, {hold: {fixed: 0s}}]\n");
  const own = await corral(cwd, "scenario", "check", "steady", "--topology", "cpus=2");
  assert.deepEqual([own.status, own.out], [0, "steady: ok, 2 steps\n"]);
});

test("completion proposes files and names of scenarios", async () => {
  const cwd = emptyDirectory("proposals");
  writeFileSync(join(cwd, "stead.yaml"), "");
  writeFileSync(join(cwd, "stead.txt"), "");
  mkdirSync(join(cwd, "steadfast"));
  const propose = async (command: string) =>
    (await corral(cwd, "completion", "--", "propose", "scenario", command, "stea")).out.split("\n").filter(Boolean);
  assert.deepEqual((await propose("run")).toSorted(), ["stead.yaml", "steadfast/", "steady", "steady-llc"]);
  assert.deepEqual(await propose("init"), ["steady", "steady-llc"]);
});
