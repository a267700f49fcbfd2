/** Ways out of a session that a tenant could try, where no limit has to hold. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdtempSync, readlinkSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { newHostPlace, skip, withoutControllers } from "../shared/host-guard.ts";
import { until } from "../shared/timing.ts";
import { clearPlace, type GuardUnderTest, startGuard, thinClient } from "../vm/guard/support.ts";

const tenant = 4001;
const asTenant = ["setpriv", "--reuid", String(tenant), "--regid", String(tenant), "--clear-groups"];
const place = newHostPlace();
/** The program that a rule is for. */
const agent = join(place.home, "agent");
let guard: GuardUnderTest;

before(async () => {
  if (skip !== false) return;
  copyFileSync("/bin/sleep", agent);
  const rule = `{ name: agent, session: other, match: { exe: ${agent} } }`;
  const config = `{ version: 1, sessions: [{ name: own, uid: ${tenant} }, { name: other }], placement: [${rule}] }`;
  // Without controllers no limit holds, and none is looked at here.
  guard = await startGuard(place, { config, env: withoutControllers });
});
after(async () => {
  if (skip === false) await guard.end("SIGKILL");
  await clearPlace(place);
});

/** Runs a command as a tool call of the tenant's session, by the tenant. */
function call(...command: readonly string[]) {
  const words = [thinClient(), "tool", "run", "--session", "own", "--socket", guard.socket, "--", ...command];
  const [file = "", ...args] = [...asTenant, ...words];
  const { status, stdout, stderr } = spawnSync(file, args, { encoding: "utf8", cwd: "/" });
  return { status, stdout, stderr };
}

const inCall = /^0::\/corral-guardtest-\d+-\d+\/own\/tools\/tool_\d+_\d+$/m;

test("a program that changes its user, and one that leaves its process group and session, stay in the call", {
  skip,
}, () => {
  // A directory that is mounted so that set-user-ID counts, and that the tenant may enter.
  const home = mkdtempSync("/var/tmp/corral-escape-");
  try {
    chmodSync(home, 0o755);
    const helper = join(home, "cat");
    copyFileSync("/bin/cat", helper);
    chmodSync(helper, 0o4755);
    const user = call(helper, "/proc/self/status", "/proc/self/cgroup");
    assert.equal(user.status, 0, user.stderr);
    assert.match(user.stdout, inCall);
    // Else the helper would have proved nothing.
    assert.match(user.stdout, new RegExp(`^Uid:\\t${tenant}\\t0\\t0\\t0$`, "m"));
    assert.match(call("setsid", "--wait", "cat", "/proc/self/cgroup").stdout, inCall);
  } finally {
    rmSync(home, { recursive: true });
  }
});

test("in namespaces of its own a tenant mounts the groups anew, and can write no more of them than before", {
  skip,
}, (t) => {
  const unshare = ["unshare", "--user", "--map-root-user", "--mount", "--cgroup"];
  if (call(...unshare, "true").status !== 0) return t.skip("users may make no user namespaces here");
  const script = `
    mount -t cgroup2 none /mnt || { echo "no mount"; exit 0; }
    grep ^0:: /proc/self/cgroup
    find /mnt | wc -l
    find /mnt -type f -perm -200 | while read -r file; do
      if (: >>"$file") 2>/dev/null; then echo "could write $file"; fi
    done
    for group in $(find /mnt -type d); do
      mkdir "$group/mine" 2>/dev/null && echo "could make $group/mine"
      echo 0 2>/dev/null >"$group/cgroup.procs" && echo "could enter $group"
    done
    exit 0`;
  const { status, stdout, stderr } = call(...unshare, "sh", "-c", script);
  assert.equal(status, 0, stderr);
  // Mounted, its own group is the root of what it sees: neither the session above nor any other.
  const [first, files, ...could] = stdout.trimEnd().split("\n");
  if (first === "no mount") return t.skip("cgroup2 cannot be mounted in a user namespace here");
  assert.equal(first, "0::/");
  assert.ok(Number(files) > 5, `${files} files were tried`);
  assert.deepEqual(could, []);
});

test("a program that a tenant mounts where a rule's is, in a mount namespace of his own, is not taken for it", {
  skip,
}, async (t) => {
  const user = ["--user", "--map-root-user", "--mount"];
  if (spawnSync("setpriv", [...asTenant.slice(1), "unshare", ...user, "true"]).status !== 0)
    return t.skip("users may make no user namespaces here");
  const script = 'mount --bind /bin/sleep "$1" && exec "$1" 600';
  const words = [...asTenant.slice(1), "unshare", ...user, "sh", "-c", script, "sh", agent];
  const stranger = spawn("setpriv", words, { stdio: "ignore" });
  // As systemd does it for a service: its mounts are its own, and the file is the same.
  const service = spawn("unshare", ["--mount", agent, "600"], { stdio: "ignore" });
  try {
    await until("the stranger to run", () => readlinkSync(`/proc/${stranger.pid}/exe`) === agent);
    // What comes after it in the stream of events has been placed: so it has been judged.
    const genuine = spawn(agent, ["600"], { stdio: "ignore" });
    try {
      for (const one of [genuine, service]) await guard.seen("PLACED", ({ pid }) => pid === one.pid);
      const ofStranger = guard.lines.filter(({ pid }) => pid === stranger.pid);
      assert.deepEqual(ofStranger, []);
    } finally {
      genuine.kill("SIGKILL");
    }
  } finally {
    stranger.kill("SIGKILL");
    service.kill("SIGKILL");
  }
});

test("what processes open and type is not told unless the guard is asked to", { skip }, async () => {
  // By its id: other calls have ended before.
  const [, id] =
    /\/(tool_\d+_\d+)$/m.exec(call("cat", "/proc/self/cgroup", "/etc/hostname", "/etc/passwd").stdout) ?? [];
  assert.ok(id !== undefined);
  await guard.seen("TOOL_ENDED", (line) => line["call"] === id);
  const names = new Set(guard.lines.map(({ event }) => event));
  assert.deepEqual(
    ["FILE_OPEN", "BASH_READLINE"].filter((name) => names.has(name)),
    [],
  );
});
