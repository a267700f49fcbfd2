import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";
import type { FlagDefinition } from "../../src/cli/flag-definition.ts";
import type { RunFlagName } from "../../src/cli/full-run-flags.ts";
import { runFlags } from "../../src/cli/full-run-flags.ts";
import { openBench } from "../shared/bench.ts";
import { someDisk } from "../shared/disk.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { slowness } from "../shared/timing.ts";

const bench = openBench();
const nothing = { groups: [], processes: [], records: [] };

const nonsense = {
  empty: "",
  blank: " \t",
  negative: "-1",
  zero: "0",
  huge: "99999999999999999999",
  endless: `1${"0".repeat(400)}`,
  exponent: "1e3",
  hexadecimal: "0x10",
  nan: "NaN",
  infinity: "Infinity",
  text: "text",
  control: "a\tb\nc\u001b[31m\u0007",
  unicode: "é☃١٢",
  traversal: "../x",
  shell: ";rm -rf x",
  property: "__proto__",
  long: "x".repeat(5000),
} as const;
type Nonsense = keyof typeof nonsense;

/** Nonsense that a flag takes for good, because of what it means there. */
const meant: Partial<Record<RunFlagName, readonly Nonsense[]>> = {
  cpuset: ["zero"],
  "cpuset-mems": ["zero"],
  affinity: ["zero"],
  "memory-high": ["zero"],
  "memory-low": ["zero"],
  "memory-min": ["zero"],
  "swap-max": ["zero"],
  "zswap-max": ["zero"],
  "oom-score": ["negative", "zero"],
  nice: ["negative", "zero"],
  ionice: ["zero"],
  user: ["zero"],
  group: ["zero"],
  // Any word names a variable.
  env: Object.keys(nonsense).filter((kind) => kind !== "empty") as Nonsense[],
  // Any path may be meant; what is wrong with it shows on use.
  report: Object.keys(nonsense).filter((kind) => !["empty", "long"].includes(kind)) as Nonsense[],
  "job-id": ["negative", "zero", "huge", "exponent", "hexadecimal", "nan", "infinity", "text", "property"],
};

/** Flags whose fault is found only when they are used: Corral failed, status 125. */
const onUse: readonly string[] = ["workdir", "report", "cgroup-parent"];

/** Other flags that a value needs to be looked at. */
const company: Partial<Record<RunFlagName, readonly string[]>> = {
  "cgroup-parent": ["--pids-max", "50"],
  "cpu-burst": ["--cpu-quota", "50"],
  "cpuset-partition": ["--cpuset", "0"],
};

const valued = Object.entries(runFlags as Record<RunFlagName, FlagDefinition>).filter(
  ([, flag]) => flag.value !== undefined,
) as [RunFlagName, FlagDefinition][];

/** Refusals that are asked for at the same time. */
const atOnce = 4;

/** A slow machine takes a sample, another part of the table for each flag. */
const kindsFor = (at: number): Nonsense[] =>
  (Object.keys(nonsense) as Nonsense[]).filter((_, kind) => slowness < 4 || (kind + at) % 6 === 0);

/** What is wrong with a refusal, or null when it is as it should be. */
async function fault(flag: RunFlagName, kind: Nonsense): Promise<string | null> {
  const marker = bench.fresh("marker");
  const args = ["run", `--${flag}`, nonsense[kind], ...(company[flag] ?? []), "--", "touch", marker];
  const ran = await bench.corral(args, { limitMs: 5000 }).catch((thrown: Error) => thrown.message);
  if (typeof ran === "string") return `--${flag} ${kind}: hangs`;
  const statuses = onUse.includes(flag) ? [2, 125] : [2];
  const { status, out, err } = ran;
  const said = `status ${status}, ${JSON.stringify(err.slice(0, 300))}`;
  if (existsSync(marker)) return `--${flag} ${kind}: the command ran; ${said}`;
  if (!statuses.includes(status ?? -1)) return `--${flag} ${kind}: ${said}`;
  if (!/^\[corral\] [\x20-\x7e\u00a0-\uffff]+\n$/.test(err) || err.length > 600)
    return `--${flag} ${kind}: not one plain line; ${said}`;
  if (/bug in Corral/.test(err)) return `--${flag} ${kind}: ${said}`;
  return out === "" ? null : `--${flag} ${kind}: stdout ${JSON.stringify(out.slice(0, 100))}`;
}

for (const [at, [flag]] of valued.entries()) {
  test(`--${flag}: nonsense is refused in one line, and nothing is started`, async () => {
    const kinds = kindsFor(at).filter((kind) => meant[flag]?.includes(kind) !== true);
    const faults: string[] = [];
    for (let next = 0; next < kinds.length; next += atOnce) {
      const found = await Promise.all(kinds.slice(next, next + atOnce).map((kind) => fault(flag, kind)));
      faults.push(...found.filter((one) => one !== null));
    }
    assert.deepEqual(faults, []);
    assert.deepEqual(bench.leftovers(), nothing);
  });
}

const disk = someDisk ?? "0:0";

for (const [args, message] of [
  [["--cpu-quota", "50", "--cpu-max", "max"], "--cpu-quota and --cpu-max set the same thing"],
  [["--memory-limit", "64", "--memory-max", "99999"], "--memory-limit and --memory-max set the same thing"],
  [["--io-weight", "50", "--io-weight-raw", "50"], "--io-weight and --io-weight-raw set the same thing"],
  [["--cpu-idle", "--cpu-weight", "50"], "--cpu-idle and --cpu-weight set the same thing"],
  [["--cpu-burst", "5ms"], "--cpu-burst needs a quota"],
  [["--cpu-quota", "10", "--cpu-burst", "1s"], "--cpu-burst is larger than the quota"],
  [["--cpuset-partition", "root"], "--cpuset-partition needs CPUs of its own"],
  [["--memory-limit", "64", "--memory-high", "65M"], "--memory-high is above the memory limit"],
  [["--cpu-weight", "0"], '--cpu-weight expects a whole number from 1 to 10000, not "0"'],
  [["--nice", "20"], '--nice expects a whole number from -20 to 19, not "20"'],
  [["--oom-score", "1001"], '--oom-score expects a whole number from -1000 to 1000, not "1001"'],
  [["--io-weight", "101"], '--io-weight expects a whole number from 1 to 100, not "101"'],
  [["--intent", "foo"], '--intent expects one of production, test, experiment, soak, not "foo"'],
  [["--memory-high", "64"], '--memory-high needs a unit, such as 64M; "64" could mean bytes or MiB'],
  [["--job-id", "../x"], '--job-id "../x" is not a valid job id'],
  [["--job-id", ".."], '--job-id ".." is not a valid job id'],
  [["--job-id", "a/b"], '--job-id "a/b" is not a valid job id'],
  [["--io-max", `${disk} rbps=0`], '--io-max cannot be zero: "rbps=0"'],
  [["--rlimit", "nofile=20:10"], '--rlimit has a soft limit above its hard limit: "nofile=20:10"'],
  [["--sched", "fifo"], '--sched needs a priority for fifo and rr (fifo:10) and takes none otherwise: "fifo"'],
] as const) {
  test(`${args.join(" ")} is refused with the rule: ${message}`, async () => {
    const marker = bench.fresh("marker");
    const { status, out, err } = await bench.corral(["run", ...args, "--", "touch", marker]);
    assert.deepEqual([status, out, existsSync(marker)], [2, "", false]);
    assert.ok(err.startsWith(`[corral] ${message}`), err);
    assert.match(err, /^[^\n]+\n$/);
  });
}

test("unknown flags, missing values, repeated flags and a missing command are usage errors", async () => {
  const marker = bench.fresh("marker");
  for (const args of [
    ["run"],
    ["run", "--"],
    ["run", "--", ""],
    ["run", "--no-such-flag", "--", "touch", marker],
    ["run", "--cpu-quota"],
    ["run", "--cpu-quota", "--", "touch", marker],
    ["run", "--cpu-quota", "10", "--cpu-quota", "20", "--", "touch", marker],
    ["run", "--cpu-idle=maybe", "--", "touch", marker],
    ["no-such-command"],
  ]) {
    const { status, out, err } = await bench.corral(args);
    assert.deepEqual([status, out, existsSync(marker)], [2, "", false], `${args.join(" ")}: ${err}`);
    assert.match(err, /^\[corral\] [^\n]+\n$/, args.join(" "));
  }
});

expectNoLeftovers(bench);
