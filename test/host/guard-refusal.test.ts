import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { discoverHostCgroups } from "../../src/cgroup/index.ts";

const { kind } = discoverHostCgroups();

test("corral guard refuses a host that is not cgroup v2 alone in one line, and leaves nothing", (t) => {
  if (kind === "v2") return t.skip("this host is cgroup v2 alone");
  const home = mkdtempSync(join(tmpdir(), "corral-guard-"));
  const { status, stdout, stderr } = spawnSync(process.execPath, ["dist/corral.cjs", "guard"], {
    encoding: "utf8",
    env: { ...process.env, CORRAL_STATE_DIR: home },
  });
  assert.deepEqual([status, stdout, readdirSync(home)], [125, "", []]);
  assert.match(
    stderr,
    /^\[corral\] corral guard needs all controllers on cgroup v2; this host has .+; boot with .+\n$/,
  );
  rmSync(home, { recursive: true });
});

test("a client of a guard that does not run is told where it was looked for", () => {
  const words = ["dist/corral.cjs", "session", "list", "--socket", "/nonexistent/guard.sock"];
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  assert.equal(status, 125);
  assert.match(stderr, /^\[corral\] no corral guard answers at \/nonexistent\/guard\.sock: ENOENT; start corral guard/);
});

test("corral memcg judges its flags before the host, and speaks of itself", (t) => {
  const memcg = (...args: readonly string[]) => {
    const words = ["dist/corral.cjs", "memcg", ...args];
    const { status, stdout, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
    return { status, stdout, stderr };
  };
  for (const flag of ["--threshold", "--delay-ms"])
    assert.deepEqual(memcg("--high", "a", flag, "many"), {
      status: 2,
      stdout: "",
      stderr: `[corral] ${flag} expects a whole number from 0 to ${Number.MAX_SAFE_INTEGER}, not "many"\n`,
    });
  const words = ["--high", "a", "--low", "/no/such"];
  const { status, stderr } = memcg(...words);
  if (kind !== "v2") {
    assert.equal(status, 125);
    assert.match(
      stderr,
      /^\[corral\] corral memcg needs all controllers on cgroup v2; this host has .+; boot with .+\n$/,
    );
    return t.skip("this host is not cgroup v2 alone");
  }
  assert.equal(status, 2);
  assert.match(stderr, /^\[corral\] --high cannot be "a"; give a directory below /);
});
