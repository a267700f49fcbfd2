import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, truncateSync } from "node:fs";
import { describe, test } from "node:test";
import { readRecordFile } from "../../src/policy/import/index.ts";
import type { AttemptRecord } from "../../src/policy/records/index.ts";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { program, requires, root } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";

const bench = openBench();
const csv = bench.fresh("f.csv");
const jsonl = bench.fresh("f.jsonl");

async function read(file: string): Promise<AttemptRecord[]> {
  const rows: AttemptRecord[] = [];
  const { problem } = await readRecordFile(file, (row) => void rows.push(row));
  assert.equal(problem, null);
  return rows;
}

/** Names of programs as bytes, and as records tell them. */
const names: readonly (readonly [string, string])[] = [
  ["a,b", "a,b"],
  ['say "x"', 'say "x"'],
  ["two\nlines", "two\nlines"],
  [",", ","],
  ["-1+1", "-1+1"],
  ["gr\u00c3\u00b6\u00c3\u009fe", "gr\u00f6\u00dfe"],
  ["raw\u00ff\u00fe", "raw\\xff\\xfe"],
  ["esc\u001b[2J", "esc\\x1b[2J"],
  ["back\\x41", "back\\x5cx41"],
];

async function recordNames(): Promise<void> {
  const directory = bench.fresh("programs");
  mkdirSync(directory);
  const socket = bench.fresh("enrol.sock");
  const flags = ["--delay-sec", "60", "--csv", csv, "--jsonl", jsonl, "--sock-path", socket];
  const policy = bench.start(["policy", "run", ...flags], { limitMs: 30_000 });
  await until("the policy runs", () => policy.err().includes("workloads enrol at"), 10_000);
  for (const [name] of names) {
    const file = Buffer.concat([Buffer.from(`${directory}/`), Buffer.from(name, "latin1")]);
    copyFileSync("/bin/true", file);
    // A shell passes on the bytes of a name, which an argument of Node's spawn would make UTF-8.
    const quoted = Buffer.from(name, "latin1").toString("hex").replaceAll(/../g, "\\x$&");
    assert.equal(spawnSync("bash", ["-c", `"$0"/$'${quoted}'`, directory]).status, 0);
  }
  // At once: the kernel has told what a policy that has much to do did not read yet.
  policy.kill("SIGINT");
  assert.equal((await policy.ended).status, 0, policy.err());
}

describe("records of programs with hostile names", () => {
  test("each has its row, its name whole, in CSV and in JSON", async (t) => {
    if (!requires(t, root(), program("bash"))) return;
    await recordNames();
    const wanted = names.map(([, shown]) => shown).toSorted();
    for (const file of [csv, jsonl]) {
      const rows = (await read(file)).filter(({ exe }) => exe?.includes("-programs/") === true);
      assert.deepEqual(rows.map(({ comm }) => comm).toSorted(), wanted);
      assert.deepEqual(new Set(rows.map(({ outcome }) => outcome)), new Set(["exited_before"]));
    }
  });

  test("a reader of CSV that is not ours has the same names", (t) => {
    if (!requires(t, root(), program("python3"), program("bash"))) return;
    const script =
      "import csv,sys,json; print(json.dumps([r['comm'] for r in csv.DictReader(open(sys.argv[1], newline='')) if '-programs/' in r['exe']]))";
    const { status, stdout } = spawnSync("python3", ["-c", script, csv], { encoding: "utf8" });
    assert.equal(status, 0);
    assert.deepEqual((JSON.parse(stdout) as string[]).toSorted(), names.map(([, shown]) => shown).toSorted());
  });

  test("the files are whole by their ends, and a cut one is refused with its line", async (t) => {
    if (!requires(t, root(), program("bash"))) return;
    const out = bench.fresh("copy.csv");
    const { status } = await bench.corral(["policy", "import", csv, jsonl, "--csv", out]);
    assert.equal(status, 0);
    assert.equal((await read(out)).length, (await read(csv)).length + (await read(jsonl)).length);
    truncateSync(jsonl, readFileSync(jsonl).lastIndexOf("{") + 100);
    const cut = await bench.corral(["policy", "import", jsonl]);
    assert.deepEqual([cut.status, cut.out], [125, ""]);
    assert.match(cut.err, /^\[corral\] ".*" line \d+: is cut off; --partial takes what is whole of it\n$/);
  });
});

expectNoLeftovers(bench);
