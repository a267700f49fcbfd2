import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";

const bench = openBench();

/** What a shell script prints when this process starts it without Corral. */
const alone = (script: string): string =>
  execFileSync("sh", ["-c", script], {
    env: bench.env,
    cwd: bench.dir,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });

for (const [what, script] of [
  ["ignored and blocked signals", "grep -E '^Sig(Blk|Ign|Cgt)|^NoNewPrivs' /proc/self/status"],
  ["open descriptors", "ls /proc/self/fd"],
  ["the environment", "env | grep -v '^_=' | sort"],
  ["the working directory", "pwd"],
  ["the umask", "umask"],
  ["resource limits", "cat /proc/self/limits"],
  [
    "scheduling, affinity and OOM preference",
    "nice; grep allowed_list /proc/self/status; cat /proc/self/oom_score_adj",
  ],
  ["user, groups and capabilities", "grep -E '^(Uid|Gid|Groups|Cap)' /proc/self/status"],
  ["the session", "cut -d' ' -f6 /proc/self/stat"],
] as const) {
  for (const [how, flags] of [
    ["a plain run", []],
    ["a run that is held for its record", ["--lifetime", "tied"]],
  ] as const) {
    test(`${what}: ${how} gives the workload what it would have alone`, async () => {
      const { out } = await bench.corral(["run", "--quiet", ...flags, "--", "sh", "-c", script]);
      assert.equal(out, alone(script));
    });
  }
}

test("everything after -- is the command's, flags and empty words included", async () => {
  const words = ["--help", "-h", "", "--cpu-quota", "x y", "--", "$HOME", "*"];
  const script = 'for word; do echo "<$word>"; done';
  const { out } = await bench.corral(["run", "--quiet", "--", "sh", "-c", script, "sh", ...words]);
  assert.equal(out, words.map((word) => `<${word}>\n`).join(""));
});

test("words that are not UTF-8 reach the workload as they are, in arguments and in the environment", async () => {
  const shown = bench.fresh("shown");
  // The bytes are made by a shell, because Node itself would replace them on the way.
  const inner = `printf %s "$1" | od -An -tx1; printf %s "$BYTES" | od -An -tx1`;
  const outer = `BYTES=$(printf '\\377\\376') exec "$@" "$(printf '\\303\\050')"`;
  const args = ["run", "--quiet", "--", "sh", "-c", `(${inner}) > ${shown}`, "sh"];
  const { status } = await bench.corral(args, { wrap: ["sh", "-c", outer, "sh"] });
  assert.equal(status, 0);
  assert.ok(existsSync(shown));
  assert.equal(readFileSync(shown, "utf8"), " c3 28\n ff fe\n");
});

test("unicode in arguments and environment reaches the workload as it is", async () => {
  const script = 'printf "%s|%s" "$1" "$WORD"';
  const { out } = await bench.corral(["run", "--quiet", "--", "sh", "-c", script, "sh", "naïve ☃ 𝄞"], {
    env: { WORD: "Grüße\n\t☃" },
  });
  assert.equal(out, "naïve ☃ 𝄞|Grüße\n\t☃");
});

for (const [what, redirection] of [
  ["standard output closed", ">&-"],
  ["standard error closed", "2>&-"],
  ["standard input closed", "<&-"],
  ["all three closed", "<&- >&- 2>&-"],
  ["a full device as standard output", ">/dev/full"],
  ["a full device as standard error", "2>/dev/full"],
] as const) {
  test(`with ${what}, the run still ends with the workload's status`, async () => {
    const wrap = ["sh", "-c", `exec "$@" ${redirection}`, "sh"];
    const marker = bench.fresh("ran");
    const { status } = await bench.corral(["run", "--pids-max", "9", "--", "sh", "-c", `touch ${marker}; exit 4`], {
      wrap,
    });
    assert.equal(existsSync(marker), true);
    assert.equal(status, 4);
    assert.deepEqual(bench.leftovers(), { groups: [], processes: [], records: [] });
  });
}

test("a report that cannot be printed is said so in one line, with status 125 after a success", async () => {
  const wrap = ["sh", "-c", 'exec "$@" >/dev/full', "sh"];
  const { status, err } = await bench.corral(["run", "--quiet", "--json", "--", "true"], { wrap });
  assert.equal(status, 125);
  assert.match(err, /^\[corral\] [^\n]*ENOSPC[^\n]*\n$/);
  assert.doesNotMatch(err, /bug in Corral/);
});

test("a reader of standard error that goes away does not change the status", async () => {
  const wrap = ["sh", "-c", 'exec 3>&1; { "$@" 2>&1 >&3 3>&-; echo "status $?" >&3; } | true', "sh"];
  const { out } = await bench.corral(["run", "--", "sh", "-c", "sleep 0.3; exit 4"], { wrap });
  assert.equal(out, "status 4\n");
});

expectNoLeftovers(bench);
