import assert from "node:assert/strict";
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

test("a state directory that cannot exist is a warning, not a hang", async () => {
  const { status, err } = await bench.corral(["run", "--", "true"], { env: { CORRAL_STATE_DIR: "/proc/corral" } });
  assert.equal(status, 0);
  assert.match(err, /^\[corral\] WARNING: Cannot record this job \(ENOENT in \/proc\/corral\/run\/jobs\)/);
});

test("completion proposes flags and the values of those that have a closed set", async () => {
  const propose = async (...words: string[]) => (await bench.corral(["completion", "--", "propose", ...words])).out;
  assert.equal(await propose("run", "--lifetime", ""), "detach\ntied\n");
  assert.equal(await propose("run", "--memory-l"), "--memory-limit\n--memory-low\n");
});

expectNoLeftovers(bench);
