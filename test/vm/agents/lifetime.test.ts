import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { GuardClient } from "../../../src/guard/client/index.ts";
import {
  clearPlace,
  corralProgram,
  type GuardUnderTest,
  newPlace,
  sleeperIn,
  startAsker,
  startGuard,
  toolPrograms,
} from "../guard/support.ts";
import { read } from "../support.ts";

const alice = 4001;
const bob = 4002;
const place = newPlace();
const config = `
version: 1
tenants:
  - { uid: ${alice} }
sessions:
  - { name: small, tools: { most_calls: 1 } }
  - { name: others, uid: ${bob} }
`;
let guard: GuardUnderTest;
before(async () => {
  guard = await startGuard(place, { config });
});
after(async () => {
  await guard.end("SIGKILL");
  await clearPlace(place);
});

/** `corral` with arguments, as a user. */
function corral(uid: number, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const user = ["--reuid", String(uid), "--regid", String(uid), "--clear-groups"];
  const words = [...user, ...corralProgram(), ...args, "--socket", guard.socket];
  // The state of its own user.
  const own = { PATH: process.env["PATH"], CORRAL_STATE_DIR: join(place.home, `state-${uid}`), ...env };
  const { status, stdout, stderr } = spawnSync("setpriv", words, { encoding: "utf8", env: own });
  return { status, stdout, stderr };
}

test("a session whose time is over is told and removed with its processes", async () => {
  const made = await guard.client.createSession({ name: "brief", ttl: "5s" });
  assert.equal(made.ttl_ms, 5000);
  const left = made.expires_in_ms ?? 0;
  assert.ok(left > 0 && left <= 5000, `${left} ms`);
  const sleeper = await sleeperIn(`${guard.root}/brief/framework`);
  const ended = new Promise<NodeJS.Signals | null>((resolve) => sleeper.on("exit", (_code, signal) => resolve(signal)));
  assert.equal(await ended, "SIGKILL");
  const removed = await guard.seen("SESSION_REMOVED", ({ session }) => session === "brief");
  assert.equal(removed["by"], "guard");
  const names = guard.lines.filter(({ session }) => session === "brief").map(({ event }) => event);
  assert.ok(
    names.indexOf("SESSION_EXPIRED") > 0 && names.indexOf("SESSION_EXPIRED") < names.indexOf("SESSION_REMOVED"),
  );
  assert.equal(existsSync(`${guard.root}/brief`), false);
});

test("a change renews a session's time, and takes it away when it says never", async () => {
  const leftOf = async (): Promise<number> => (await guard.client.session("renewed")).expires_in_ms ?? Number.NaN;
  await guard.client.createSession({ name: "renewed", ttl: "1h" });
  const before = await leftOf();
  let low = before;
  while (low >= before) low = await leftOf();
  await guard.client.updateSession("renewed", {});
  assert.ok((await leftOf()) > low);
  assert.equal((await guard.client.updateSession("renewed", { ttl: "never" })).expires_in_ms, null);
  await guard.client.removeSession("renewed");
});

test("no more groups than a session needs can be made below it, nor deeper ones, by root neither", () => {
  const tools = `${guard.root}/small/tools`;
  assert.deepEqual(
    ["cgroup.max.descendants", "cgroup.max.depth"].map((file) => read(`${guard.root}/small/${file}`)),
    ["18", "8"],
  );
  const made: string[] = [];
  const make = (path: string): string => {
    try {
      mkdirSync(path);
      made.push(path);
      return "made";
    } catch (thrown) {
      return (thrown as NodeJS.ErrnoException).code ?? "";
    }
  };
  try {
    // tools is one deep: seven more are.
    const chain = Array.from({ length: 8 }, (_, depth) => make(`${tools}${"/deep".repeat(depth + 1)}`));
    assert.deepEqual(chain, [...Array.from({ length: 7 }, () => "made"), "EAGAIN"]);
    const broad = Array.from({ length: 10 }, (_, index) => make(`${tools}/broad-${index}`));
    assert.deepEqual(broad, [...Array.from({ length: 9 }, () => "made"), "EAGAIN"]);
  } finally {
    for (const path of made.toReversed()) rmdirSync(path);
  }
});

test("with a session's token another user runs calls in it as himself, sees it alone, and may do nothing else", async () => {
  await guard.client.createSession({ name: "shared", owner: alice });
  const made = corral(alice, ["session", "token", "shared"]);
  assert.equal(made.status, 0, made.stderr);
  const token = made.stdout.trim();
  assert.match(made.stdout, /^corral_[\w-]{43}\n$/);
  const env = { CORRAL_SESSION_TOKEN: token };
  const script = "id -u; cat /proc/self/cgroup; echo token:$CORRAL_SESSION_TOKEN";
  for (const [, program] of toolPrograms) {
    const ran = spawnAs(bob, program(), ["tool", "run", "--socket", guard.socket, "--", "sh", "-c", script], env);
    assert.equal(ran.status, 0, ran.stderr);
    assert.match(ran.stdout, new RegExp(`^${bob}\\n0::.*/shared/tools/tool_\\d+_\\d+\\ntoken:\\n$`));
  }
  const listed = JSON.parse(corral(bob, ["session", "list", "--json"], env).stdout) as { sessions: { name: string }[] };
  assert.deepEqual(listed.sessions.map(({ name }) => name).toSorted(), ["others", "shared"]);
  for (const args of [
    ["session", "update", "shared", "--class", "low"],
    ["session", "freeze", "shared"],
    ["session", "remove", "shared", "--kill"],
    ["session", "token", "shared"],
  ]) {
    const { status, stderr } = corral(bob, args, env);
    assert.deepEqual([status, /may not do that to the session "shared"/.test(stderr)], [125, true], stderr);
  }
  assert.equal(corral(bob, ["session", "status", "shared"]).status, 125, "without the token there is no such session");
});

/** The same with words after `--`. */
function spawnAs(
  uid: number,
  program: readonly string[],
  args: readonly string[],
  env: Readonly<Record<string, string>>,
) {
  const user = ["--reuid", String(uid), "--regid", String(uid), "--clear-groups"];
  return spawnSync("setpriv", [...user, ...program, ...args], {
    encoding: "utf8",
    env: { PATH: process.env["PATH"], CORRAL_STATE_DIR: join(place.home, `state-${uid}`), ...env },
  });
}

test("a token is of no use inside of another session, when it is wrong, replaced, revoked, or its session is gone", async () => {
  const tokenOf = async (): Promise<string> => guard.client.issueToken("shared");
  const sees = async (token: string): Promise<string> => {
    const client = new GuardClient({ socket: guard.socket, token });
    try {
      return (await client.sessions()).length > 0 ? "opens" : "nothing";
    } catch (thrown) {
      return (thrown as { readonly code: string }).code;
    } finally {
      client.close();
    }
  };
  const first = await tokenOf();
  assert.deepEqual(
    [await sees(first), await sees(`${first}x`), await sees("corral_")],
    ["opens", "GUARD_DENIED", "GUARD_DENIED"],
  );
  const second = await tokenOf();
  assert.deepEqual([await sees(first), await sees(second)], ["GUARD_DENIED", "opens"]);
  const inside = await startAsker(guard.socket, bob, `${guard.root}/small/framework`);
  assert.deepEqual(await inside.ask("GET", "/sessions", undefined, second), { status: 200, said: "small" });
  assert.equal((await inside.ask("POST", "/tools", { session: "shared" }, second)).status, 404);
  assert.equal((await inside.ask("POST", "/sessions/small/token")).status, 403);
  inside.end();
  assert.equal(await guard.client.revokeToken("shared"), true);
  assert.equal(await sees(second), "GUARD_DENIED");
  const third = await tokenOf();
  await guard.client.removeSession("shared");
  await guard.client.createSession({ name: "shared", owner: alice });
  assert.equal(await sees(third), "GUARD_DENIED");
  const said = [...guard.lines.map((line) => JSON.stringify(line)), guard.stderr()].join("\n");
  const stored = readFileSync(join(guard.state, "run/guard/tokens.json"), "utf8");
  for (const token of [first, second, third])
    assert.deepEqual([said.includes(token), stored.includes(token)], [false, false]);
  assert.equal(statSync(join(guard.state, "run/guard/tokens.json")).mode & 0o007, 0);
});

test("a guard that was killed leaves deadlines and tokens to the next", async () => {
  await guard.client.createSession({ name: "kept", ttl: "1h", owner: alice });
  const token = await guard.client.issueToken("kept");
  const before = (await guard.client.session("kept")).expires_in_ms ?? 0;
  await guard.end("SIGKILL");
  guard = await startGuard(place, { config });
  const after = (await guard.client.session("kept")).expires_in_ms ?? Number.NaN;
  assert.ok(after < before && after > 0, `${before} ms, then ${after} ms`);
  const client = new GuardClient({ socket: guard.socket, token });
  assert.ok((await client.sessions()).some(({ name }) => name === "kept"));
  client.close();
});
