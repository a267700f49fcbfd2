import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, writeFileSync } from "node:fs";
import path from "node:path";
import { test } from "node:test";
import { openBench } from "../shared/bench.ts";
import { expectNoLeftovers } from "../shared/leaks.ts";
import { openPackageRoot } from "../shared/readable-copy.ts";
import type { Reason } from "../shared/requires.ts";
import { controller, requires, root } from "../shared/requires.ts";
import { scaled } from "../shared/timing.ts";

const bench = openBench();
const corral = `${process.execPath} ${path.join(openPackageRoot(), "dist/corral.cjs")}`;

const ownPidNamespace = ["--pid", "--fork", "--kill-child", "--mount-proc"];

function pidNamespaces(): Reason {
  const script = "echo 5 > /proc/sys/kernel/ns_last_pid && sh -c 'echo $$'";
  const { status, stdout } = spawnSync("unshare", [...ownPidNamespace, "sh", "-c", script], { encoding: "utf8" });
  return status === 0 && stdout.trim() !== ""
    ? null
    : "no pid namespace with a pid counter of its own can be made here";
}

/** Words of bash for a namespace in which the pid of the next process can be chosen. */
const words = `
state() { # everything of a process that Corral might touch
  awk '{print $1, $5, $19, $22}' /proc/$1/stat; cat /proc/$1/cgroup /proc/$1/oom_score_adj; grep -E '^(State|SigPnd|ShdPnd)' /proc/$1/status
}
reuse() { # another process under the pid of one that has ended; answers in $B
  kill -KILL $1; wait $1 2>/dev/null
  for try in 1 2 3 4 5 6 7 8; do
    echo $(($1 - 1)) > /proc/sys/kernel/ns_last_pid
    sleep 1000 & B=$!
    [ $B = $1 ] && return 0
    kill -KILL $B; wait $B 2>/dev/null
  done
  echo "the pid was not reused"; exit 1
}
`;

/** Runs a script as the first process of a pid namespace. */
function inNamespace(script: string): { readonly lines: readonly string[]; readonly err: string } {
  const file = bench.fresh("script");
  writeFileSync(file, `${words}\n${script}\n`);
  chmodSync(file, 0o755);
  const { status, stdout, stderr } = spawnSync("unshare", [...ownPidNamespace, "bash", file], {
    encoding: "utf8",
    env: bench.env,
    cwd: bench.dir,
    timeout: scaled(60_000),
  });
  assert.equal(status, 0, `${stdout}\n${stderr}`);
  return { lines: stdout.trim().split("\n"), err: stderr };
}

const acts = {
  "update its limits": "update j --nice 9 --pids-max 5 --oom-score 900",
  "detach from it": "detach j",
  "stop it": "stop j --grace 100ms",
  "freeze it": "freeze j",
  "take it up": "attach --job j --nice 9",
  "clear up": "gc",
} as const;

for (const [what, command] of Object.entries(acts)) {
  test(`a job whose pid was reused is over: to ${what} does not touch the process that has the pid now`, (t) => {
    if (!requires(t, root(), controller("pids"), pidNamespaces())) return;
    const { lines, err } = inNamespace(`
      sleep 1000 & A=$!
      ${corral} attach --pid $A --job-id j --nice 5 --oom-score 100 --pids-max 50 --once --quiet || exit 1
      reuse $A
      before=$(state $B)
      timeout 20 ${corral} ${command}; echo "status $?"
      [ "$before" = "$(state $B)" ] && echo untouched || { echo "$before"; state $B; }
      ${corral} gc > /dev/null; ${corral} ps --json | grep -c '"job_id"'
      kill -KILL $B
    `);
    assert.ok(lines.includes("untouched"), `${lines.join("\n")}\n${err}`);
    assert.equal(lines.at(-1), "0", "the job is cleared away");
    const status = lines.find((line) => line.startsWith("status "));
    // What is over cannot be changed; there is nothing left to stop or to clear up.
    assert.equal(status, what === "clear up" || what === "stop it" ? "status 0" : "status 125", err);
  });
}

test("the same for a run whose Corral was killed", (t) => {
  if (!requires(t, root(), controller("pids"), pidNamespaces())) return;
  const { lines, err } = inNamespace(`
    ${corral} run --job-id j --pids-max 50 -- sh -c 'echo $$ > pid; exec sleep 1000' & C=$!
    until [ -s pid ]; do sleep 0.02; done
    A=$(cat pid); kill -KILL $C; wait $C 2>/dev/null
    kill -KILL $A; while [ -e /proc/$A ]; do sleep 0.02; done
    reuse $A
    before=$(state $B)
    for command in "update j --nice 9" "stop j --grace 100ms" "attach --job j"; do timeout 20 ${corral} $command; echo "status $?"; done
    [ "$before" = "$(state $B)" ] && echo untouched || { echo "$before"; state $B; }
    ${corral} gc > /dev/null
    kill -KILL $B
  `);
  assert.deepEqual(lines, ["status 125", "status 0", "status 125", "untouched"], err);
});

test("a Corral that watches a process whose pid is reused at its end reports that end and leaves the new one alone", (t) => {
  if (!requires(t, root(), controller("pids"), pidNamespaces())) return;
  const { lines, err } = inNamespace(`
    for round in 1 2 3 4 5; do
      sleep 1000 & A=$!
      ${corral} attach --pid $A --job-id j --nice 5 --oom-score 100 --pids-max 50 --quiet & C=$!
      until grep -q '"name": "oom-score"' $CORRAL_STATE_DIR/run/jobs/j.json 2>/dev/null; do sleep 0.02; done
      reuse $A
      before=$(state $B)
      wait $C; echo "status $?"
      [ "$before" = "$(state $B)" ] && echo untouched || { echo "$before"; state $B; }
      kill -KILL $B
    done
  `);
  assert.deepEqual(lines, Array.from({ length: 5 }, () => ["status 137", "untouched"]).flat(), err);
});

expectNoLeftovers(bench);
