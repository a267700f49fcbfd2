/** `bash` as `corral shim install` puts it before the real one: its commands are tool calls, all else is the real one's. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { mount, newHostPlace, skip, withoutControllers } from "../shared/host-guard.ts";
import {
  clearPlace,
  corralProgram,
  type GuardUnderTest,
  groupNames,
  startGuard,
  thinClient,
} from "../vm/guard/support.ts";

const place = newHostPlace();
const shim = join(place.home, "shim");
let guard: GuardUnderTest;

before(async () => {
  if (skip !== false) return;
  const config = "{ version: 1, sessions: [{ name: s }, { name: full, tools: { most_calls: 1 } }] }";
  // Without controllers no limit holds, and none is looked at here.
  guard = await startGuard(place, { config, env: withoutControllers });
  const [node = "", corral = ""] = corralProgram();
  const { status, stdout, stderr } = spawnSync(node, [corral, "shim", "install", "--dir", shim], { encoding: "utf8" });
  assert.deepEqual([status, stdout, stderr], [0, `${join(shim, "bash")}\n`, ""]);
});
after(async () => {
  if (skip === false) await guard.end("SIGKILL");
  await clearPlace(place);
});

const withoutShim = process.env["PATH"] ?? "";
const mine = (): Record<string, string> => ({ CORRAL_SESSION: "s", CORRAL_GUARD_SOCKET: guard.socket });

/** Runs a program with the stand-in first on PATH. */
function run(words: readonly string[], env: Record<string, string>, input = "") {
  const [file = "", ...args] = words;
  const { status, stdout, stderr } = spawnSync(file, args, {
    encoding: "utf8",
    input,
    env: { ...process.env, HOME: place.home, PATH: `${shim}:${withoutShim}`, ...env },
  });
  return { status, stdout, stderr };
}

const whereAmI = "grep ^0:: /proc/self/cgroup";
const inCall = /^0::\/corral-guardtest-\d+-\d+\/s\/tools\/tool_\d+_\d+\n$/;

test("every form of -c is a tool call of its session, and behaves as the real bash does", { skip }, () => {
  const forms = [
    ["-c"],
    ["-lc"],
    ["-l", "-c"],
    ["-ec"],
    ["--login", "-c"],
    ["--norc", "--noprofile", "-ceu"],
    ["-euo", "pipefail", "-c"],
    ["-o", "errexit", "-O", "extglob", "-c"],
    ["+x", "-c"],
    ["-c", "-e"],
    ["-c", "--"],
    ["--rcfile", "/dev/null", "-xc"],
  ];
  for (const form of forms) {
    const { status, stdout } = run(["bash", ...form, whereAmI], mine());
    assert.equal(status, 0, form.join(" "));
    assert.match(stdout, inCall, form.join(" "));
  }
  const script = 'echo "$0" "$@" "$-"; echo "$LINENO" >&2; exit 3';
  const ours = run(["bash", "-ec", script, "name", "a b", "--help"], mine());
  assert.deepEqual(ours, run(["/bin/bash", "-ec", script, "name", "a b", "--help"], mine()));
  assert.equal(ours.status, 3);
  assert.deepEqual(groupNames(`${guard.root}/s/tools`), []);
});

test("what is no command of a shell is the real bash, in the group of its caller", { skip }, () => {
  const script = join(place.home, "script.sh");
  writeFileSync(script, `${whereAmI}\n`);
  const cases: readonly (readonly [readonly string[], string])[] = [
    [["bash", script, "-c"], ""],
    [["bash", "-e", script], ""],
    [["bash"], whereAmI],
    [["bash", "-s", "--", "-c"], whereAmI],
    [["bash", "-", script], ""],
    [["bash", "-o", "posix", script, "-c"], ""],
  ];
  for (const [words, input] of cases) {
    const { status, stdout } = run(words, mine(), input);
    assert.equal(status, 0, words.join(" "));
    assert.doesNotMatch(stdout, /tool_/, words.join(" "));
    assert.match(stdout, /^0::/, words.join(" "));
  }
  assert.match(run(["bash", "--version"], mine()).stdout, /^GNU bash/);
});

test("without a guard, without a session and when it is switched off, a command is the real bash's", { skip }, () => {
  for (const env of [
    { ...mine(), CORRAL_GUARD_SOCKET: "/no/such.sock" },
    { ...mine(), CORRAL_SESSION: "" },
    { ...mine(), AGENTCG_DISABLE: "1" },
  ]) {
    const { status, stdout, stderr } = run(["bash", "-c", `${whereAmI}; exit 5`], env);
    assert.deepEqual([status, stderr], [5, ""]);
    assert.doesNotMatch(stdout, /tool_/);
  }
});

test("a session that refuses is not got round", { skip }, () => {
  const busy = `bash -c 'echo ran'`;
  // A call of the only one that may run, made from outside of it.
  const words = [thinClient(), "tool", "run", "--session", "full", "--", "sh", "-c"];
  const outside = `cd / && echo $$ >${mount}/cgroup.procs && CORRAL_SESSION=full ${busy}`;
  const refused = run([...words, outside], mine());
  assert.deepEqual([refused.status, refused.stdout], [125, ""]);
  assert.match(
    refused.stderr,
    /^\[corral\] the session "full" runs 1 tool calls, the most it may; wait for one to end\n$/,
  );
  const unknown = run(["bash", "-c", "echo ran"], { ...mine(), CORRAL_SESSION: "none" });
  assert.deepEqual([unknown.status, unknown.stdout], [125, ""]);
  assert.match(unknown.stderr, /there is no session "none"/);
});

test("who is in a session needs not name it", { skip }, () => {
  const enter = `echo $$ >${guard.root}/s/framework/cgroup.procs && exec bash -c '${whereAmI}'`;
  const { stdout } = run(["sh", "-c", enter], { CORRAL_GUARD_SOCKET: guard.socket });
  assert.match(stdout, inCall);
});

test("inside of a call there is no second one", { skip }, () => {
  const { stdout } = run(["bash", "-c", `${whereAmI}; bash -c '${whereAmI}'`], mine());
  const [first, second] = stdout.trimEnd().split("\n");
  assert.match(`${first}\n`, inCall);
  assert.equal(first, second);
});

test("the hint of old is heeded, and how it ended told on stderr", { skip }, () => {
  const env = { ...mine(), AGENT_RESOURCE_HINT: "time=200ms" };
  const { status, stderr } = run(["bash", "-c", "sleep 600"], env);
  assert.equal(status, 137);
  assert.match(stderr, /^\[Resource\] The tool call was killed after 0\.2 s/);
});

test("signals that were ignored and descriptors that were open are so for the command", { skip }, () => {
  const show = "grep -E '^Sig(Ign|Blk)' /proc/self/status; echo through >&7";
  const outer = (bash: string): string => `trap '' HUP PIPE CHLD USR1; exec 7>&1; exec ${bash} -c "${show}"`;
  const ours = run(["sh", "-c", outer("bash")], mine());
  assert.deepEqual(ours, run(["sh", "-c", outer("/bin/bash")], mine()));
  assert.match(ours.stdout, /\nthrough\n$/);
});

test("the real bash is the named one, else the next on PATH that is no stand-in", { skip }, () => {
  const other = join(place.home, "other");
  const copies = join(place.home, "copies");
  for (const directory of [other, copies]) mkdirSync(directory);
  writeFileSync(join(other, "bash"), '#!/bin/sh\necho other "$@"\n', { mode: 0o755 });
  copyFileSync(thinClient(), join(copies, "bash"));
  const named = run(["bash", "-c", "x"], { ...mine(), CORRAL_REAL_BASH: join(other, "bash") });
  assert.equal(named.stdout, "other -c x\n");
  const path = (...folders: readonly string[]): Record<string, string> => ({
    ...mine(),
    PATH: [...folders, withoutShim].join(":"),
  });
  assert.equal(run(["bash", "-c", "x"], path(copies, shim, other)).stdout, "other -c x\n");
  assert.match(run(["bash", "-c", whereAmI], path(shim, copies)).stdout, inCall);
  const itself = { ...mine(), CORRAL_REAL_BASH: join(shim, "bash") };
  assert.match(run(["bash", "-c", whereAmI], itself).stdout, inCall);
});

test("shim install keeps its hands off another bash, and finds its own", { skip }, () => {
  const [node = "", corral = ""] = corralProgram();
  const install = (dir: string) => spawnSync(node, [corral, "shim", "install", "--dir", dir], { encoding: "utf8" });
  assert.equal(readlinkSync(join(shim, "bash")), thinClient());
  assert.equal(install(shim).status, 0);
  const refused = install(join(place.home, "other"));
  assert.equal(refused.status, 2);
  assert.match(refused.stderr, /is there already, and is not the stand-in of this Corral/);
  assert.equal(install("/proc/none").status, 125);
});
