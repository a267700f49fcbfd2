import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import type { Reason } from "../shared/requires.ts";
import { controller, requires, root } from "../shared/requires.ts";

const bench = openBench();

function file(name: string, text: string, mode: number): string {
  const at = bench.fresh(name);
  writeFileSync(at, text);
  chmodSync(at, mode);
  return at;
}

const tools = bench.fresh("tools");
mkdirSync(tools);
writeFileSync(path.join(tools, "tool"), "#!/bin/sh\nexit 0\n");
chmodSync(path.join(tools, "tool"), 0o755);

const autogroup = (): Reason => {
  try {
    const isOn = readFileSync("/proc/sys/kernel/sched_autogroup_enabled", "latin1").trim() === "1";
    return isOn ? null : "autogroup is off here";
  } catch {
    return "this kernel has no autogroup";
  }
};

const absentCpu = "8191";

/** [what, flags and command, the status of the run, what the plan says of it, what the test needs] */
const rows: readonly (readonly [string, readonly string[], number, RegExp | null, ...Reason[]])[] = [
  ["a command that is there", ["--", "true"], 0, null],
  ["a command found in the PATH of --env", ["--env", `PATH=${tools}`, "--", "tool"], 0, null],
  ["a command below --workdir", ["--workdir", tools, "--", "./tool"], 0, null],
  ["a command that is not on PATH", ["--", "no-such-program"], 127, /^ {2}"no-such-program": command not found$/m],
  ["a command that is not in the PATH of --env", ["--env", "PATH=/", "--", "true"], 127, /: command not found$/m],
  ["a command that is elsewhere than --workdir", ["--workdir", "/", "--", "./tool"], 127, /: command not found$/m],
  ["no execute bit", ["--", file("data", "#!/bin/sh\n", 0o644)], 126, /cannot be executed: permission denied$/m],
  ["a directory as the command", ["--", tools], 126, / is a directory$/m],
  ["a command below a file", ["--", `${tools}/tool/x`], 126, /a part of its path is not a directory$/m],
  ["an interpreter that is missing", ["--", file("script", "#!/no/sh\n", 0o755)], 127, / needs an interpreter /m],
  [
    "a working directory that is not there",
    ["--workdir", `${tools}/no`, "--", "true"],
    125,
    /^ {2}cannot enter .+: ENOENT$/m,
  ],
  [
    "a working directory that is a file",
    ["--workdir", `${tools}/tool`, "--", "true"],
    125,
    /^ {2}cannot enter .+: ENOTDIR$/m,
  ],
  [
    "CPUs that are not there, as an affinity, with --strict",
    ["--strict", "--affinity", absentCpu, "--", "true"],
    125,
    /^ {2}affinity 8191: CPU 8191 cannot be had here; [\d,-]+ can$/m,
  ],
  [
    "a part of an affinity that is not there, with --strict",
    ["--strict", "--affinity", `0,${absentCpu}`, "--", "true"],
    125,
    /CPU 8191 cannot be had/,
  ],
  ["CPUs that are not there, as an affinity", ["--affinity", absentCpu, "--", "true"], 0, /CPU 8191 cannot be had/],
  [
    "CPUs that are not there, as a cpuset, with --strict",
    ["--strict", "--cpuset", `0,${absentCpu}`, "--", "true"],
    125,
    /^ {2}cpuset 0,8191: CPU 8191 cannot be had here; /m,
    root(),
    controller("cpuset"),
  ],
  [
    "memory nodes that are not there, with --strict",
    ["--strict", "--cpuset-mems", "0-999", "--", "true"],
    125,
    /^ {2}cpuset-mems 0-999: memory nodes [\d,-]+ cannot be had here; /m,
    root(),
    controller("cpuset"),
  ],
  [
    "a nice value that autogroup weakens, with --strict",
    ["--strict", "--nice", "5", "--", "true"],
    125,
    /^ {2}nice 5: autogroup is on: the kernel weighs nice only against processes of the same session$/m,
    autogroup(),
  ],
  [
    "a nice value that autogroup weakens",
    ["--nice", "5", "--", "true"],
    0,
    /^only in a weaker form here:$/m,
    autogroup(),
  ],
];

for (const [what, args, status, says, ...needs] of rows) {
  test(`--dry-run exits as the run does: ${what}`, async (t) => {
    if (!requires(t, ...needs)) return;
    const ran = await bench.corral(["run", "--quiet", ...args]);
    const planned = await bench.corral(["run", "--dry-run", ...args]);
    assert.deepEqual([ran.status, planned.status], [status, status], `${ran.err}${planned.out}${planned.err}`);
    if (says === null) assert.doesNotMatch(planned.out, /never|weaker|cannot/);
    else assert.match(planned.out, says);
  });
}

expectNoLeftovers(bench);
