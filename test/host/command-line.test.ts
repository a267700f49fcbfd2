import assert from "node:assert/strict";
import { mkdirSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";

const bench = openBench();

test("a preset given on the command line is applied, and a flag overrides it", async () => {
  const preset = await bench.report(["--preset", "memory"], ["cat", "/proc/self/oom_score_adj"]);
  assert.equal(preset.out, "500\n");
  assert.deepEqual(
    preset.report.constraints.map(({ name, requested }) => `${name} ${requested}`),
    ["memory-limit 2 GiB", "oom-score 500"],
  );
  const overridden = await bench.report(
    ["--preset", "memory", "--oom-score", "700"],
    ["cat", "/proc/self/oom_score_adj"],
  );
  assert.equal(overridden.out, "700\n");
});

test("without -- what follows the first word that is no flag belongs to the workload", async () => {
  const { out } = await bench.corral(["run", "--quiet", "echo", "--json", "--timeout", "2", "--help"]);
  assert.equal(out, "--json --timeout 2 --help\n");
});

test("a flag given twice is refused in one line", async () => {
  const { status, err } = await bench.corral(["run", "--cpu-quota", "1", "--cpu-quota", "2", "--", "true"]);
  assert.deepEqual([status, err], [2, "[corral] --cpu-quota was given more than once; give it one value\n"]);
});

test("half a command is answered with the commands it could be", async () => {
  const { status, out, err } = await bench.corral(["vm"]);
  assert.deepEqual([status, out], [2, ""]);
  assert.match(err, /^ {2}corral vm run /m);
});

test("half a command of three words is answered with its whole, and its help is asked for", async () => {
  const half = await bench.corral(["guard", "bench"]);
  const help = await bench.corral(["guard", "bench", "--help"]);
  assert.deepEqual([half.status, half.out, help.status, help.err], [2, "", 0, ""]);
  assert.equal(half.err, help.out);
  assert.match(half.err, /^ {2}corral guard bench isolation /m);
});

test("a state directory that cannot exist is a warning, not a hang", async () => {
  const { status, err } = await bench.corral(["run", "--", "true"], { env: { CORRAL_STATE_DIR: "/proc/corral" } });
  assert.equal(status, 0);
  assert.match(err, /^\[corral\] WARNING: Cannot record this job \(ENOENT in \/proc\/corral\/run\/jobs\)/);
});

test("a relative state directory is refused, by every command, before anything is made", async () => {
  const cwd = bench.fresh("cwd");
  mkdirSync(cwd);
  for (const args of [["run", "--", "true"], ["ps"], ["gc"], ["attach", "--pid", "1"], ["metrics"], ["doctor"]]) {
    const { status, err } = await bench.corral(args, { env: { CORRAL_STATE_DIR: "state" }, cwd });
    const line = '[corral] CORRAL_STATE_DIR must be an absolute path, not "state"; begin it with /\n';
    assert.deepEqual([status, err], [2, line], args.join(" "));
  }
  assert.deepEqual(readdirSync(cwd), []);
});

test("an unknown flag or command is answered with what is near, or with nothing", async () => {
  const answers = [
    [["run", "--quota", "5", "--", "true"], "there is no flag --quota; did you mean --cpu-quota?"],
    [["run", "--tiemout", "5", "--", "true"], "there is no flag --tiemout; did you mean --timeout?"],
    [["run", "--xyz", "--", "true"], "there is no flag --xyz; see --help"],
    [["stop", "--graze", "1"], "there is no flag --graze; did you mean --grace?"],
    [["mcp", "now"], 'corral mcp takes no arguments, not "now"; see --help'],
    [["tool", "run", "--hint"], "--hint needs a value; give it as --hint HINT"],
    [["tool", "run", "--hint", "--session", "s"], "--hint needs a value; give it as --hint HINT"],
    [["session", "list", "--json=3"], '--json takes no value, not "3"; see --help'],
    [["session", "create"], "name one session; corral session create NAME"],
    [["guard", "bnch"], 'there is no command "guard bnch"; did you mean corral guard bench isolation?'],
    [["guard", "bench", "x"], 'there is no command "guard bench x"; did you mean corral guard bench isolation?'],
    [
      ["guard", "agents"],
      'there is no command "guard agents"; the root group is a path, such as /sys/fs/cgroup/agentcg',
    ],
    [["stauts"], 'there is no command "stauts"; did you mean status?'],
    [["foo"], 'there is no command "foo"; see corral --help'],
  ] as const;
  for (const [args, line] of answers) {
    const { status, out, err } = await bench.corral([...args]);
    assert.deepEqual([status, out, err], [2, "", `[corral] ${line}\n`]);
  }
});

test("completion proposes programs where the command comes, users and groups, and never --", async () => {
  const propose = async (...words: string[]) =>
    (await bench.corral(["completion", "--", "propose", ...words])).out.split("\n");
  assert.ok((await propose("run", "--", "tru")).includes("true"));
  assert.ok((await propose("run", "--pids-max", "5", "tru")).includes("true"));
  assert.ok((await propose("vm", "run", "--", "tru")).includes("true"));
  // File names, which the shell proposes.
  assert.deepEqual(await propose("run", "--", "cat", "tru"), [""]);
  assert.deepEqual(await propose("run", "--", "./tru"), [""]);
  assert.ok((await propose("run", "--user", "roo")).includes("root"));
  assert.ok((await propose("run", "--group", "roo")).includes("root"));
  for (const words of [
    ["run", ""],
    ["run", "--"],
    ["stop", ""],
    ["ps", "--"],
  ]) {
    const proposed = await propose(...words);
    assert.ok(!proposed.includes("--"), words.join(" "));
  }
});

test("completion proposes flags and the values of those that have a closed set", async () => {
  const propose = async (...words: string[]) => (await bench.corral(["completion", "--", "propose", ...words])).out;
  assert.equal(await propose("run", "--lifetime", ""), "detach\ntied\n");
  assert.equal(await propose("run", "--memory-l"), "--memory-limit\n--memory-low\n");
});

expectNoLeftovers(bench);
