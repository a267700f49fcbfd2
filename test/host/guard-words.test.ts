/** What a guard and its clients say to people and programs, where no limit has to hold. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as v from "valibot";
import type { GuardNotice } from "../../src/guard/client/index.ts";
import {
  guardStatus,
  sessionAdopt,
  sessionBudget,
  sessionDocument,
  sessionReport,
  sessionToken,
} from "../../tools/schemas/guard.ts";
import { guardEvent } from "../../tools/schemas/guard-event.ts";
import { toolLog, toolResult } from "../../tools/schemas/tool.ts";
import { mount, newHostPlace, skip, withoutControllers } from "../shared/host-guard.ts";
import { page } from "../shared/page.ts";
import { until } from "../shared/timing.ts";
import { clearPlace, corralProgram, type GuardUnderTest, startGuard } from "../vm/guard/support.ts";

const place = newHostPlace();
const log = join(place.home, "tools.jsonl");
let guard: GuardUnderTest;

before(async () => {
  if (skip !== false) return;
  const config = `{ version: 1, tool_log: ${log}, sessions: [{ name: s }, { name: other }] }`;
  // Without controllers no limit holds, and none is looked at here.
  guard = await startGuard(place, { config, env: withoutControllers });
});
after(async () => {
  if (skip === false) await guard.end("SIGKILL");
  await clearPlace(place);
});

/** Runs a client. @param group that it is in first; null: where this process is */
function corral(args: readonly string[], group: string | null = null) {
  const enter = group === null ? "" : `echo $$ >${group}/cgroup.procs && `;
  const words = ["-c", `${enter}exec "$@"`, "sh", ...corralProgram(), ...args];
  const env = { ...process.env, CORRAL_GUARD_SOCKET: guard.socket };
  const { status, stdout, stderr } = spawnSync("sh", words, { encoding: "utf8", env });
  return { status, stdout, stderr };
}

const documentOf = (args: readonly string[]): Record<string, unknown> => {
  const { status, stdout, stderr } = corral([...args, "--json"]);
  assert.deepEqual([status, stderr], [0, ""], args.join(" "));
  return JSON.parse(stdout) as Record<string, unknown>;
};

test("every document has its name and version first", { skip }, async () => {
  const named = (args: readonly string[]): unknown => {
    const document = documentOf(args);
    assert.equal(Object.keys(document)[0], "schema", args.join(" "));
    return document["schema"];
  };
  assert.equal(named(["session", "list"]), "corral.guard-status/1");
  assert.equal(named(["session", "create", "made"]), "corral.session/1");
  for (const verb of ["status", "freeze", "thaw", "update"])
    assert.equal(named(["session", verb, "made"]), "corral.session/1", verb);
  assert.equal(named(["session", "report", "made"]), "corral.session-report/1");
  assert.equal(named(["session", "token", "made"]), "corral.session-token/1");
  assert.equal(named(["session", "token", "made", "--revoke"]), "corral.session-token/1");
  const sleeper = spawn("sleep", ["600"], { stdio: "ignore" });
  assert.equal(named(["session", "adopt", "made", "--pid", String(sleeper.pid)]), "corral.session-adopt/1");
  assert.equal((await guard.client.budget("made")).schema, "corral.session-budget/1");
  assert.equal(corral(["session", "remove", "made", "--kill"]).status, 0);
});

/** Throws where a document does not fit its schema, and names the place. */
function assertFits(schema: v.GenericSchema, document: unknown): void {
  const { issues = [] } = v.safeParse(schema, document);
  const told = issues.map((issue) => `${v.getDotPath(issue)}: ${issue.message}`);
  assert.deepEqual(told, [], JSON.stringify(document));
}

test("every document fits its schema, and every line of the guard's own and of its log", { skip }, async () => {
  const report = join(place.home, "result.json");
  const run = ["tool", "run", "--session", "s", "--hint", "memory:64m gpu=1"];
  assert.equal(corral([...run, "--report", report, "--", "true"]).status, 0);
  assert.equal(corral(["session", "create", "fits", "--ttl", "1h"]).status, 0);
  assertFits(guardStatus, documentOf(["session", "list"]));
  assertFits(sessionDocument, documentOf(["session", "freeze", "fits"]));
  assertFits(sessionDocument, documentOf(["session", "thaw", "fits"]));
  assertFits(sessionToken, documentOf(["session", "token", "fits"]));
  assertFits(sessionToken, documentOf(["session", "token", "fits", "--revoke"]));
  const sleeper = spawn("sleep", ["600"], { stdio: "ignore" });
  assertFits(sessionAdopt, documentOf(["session", "adopt", "fits", "--pid", String(sleeper.pid)]));
  assertFits(sessionBudget, await guard.client.budget("fits"));
  assertFits(sessionReport, documentOf(["session", "report", "s"]));
  assert.equal(corral(["session", "remove", "fits", "--kill"]).status, 0);
  assertFits(toolResult, JSON.parse(readFileSync(report, "utf8")));
  for (const line of readFileSync(log, "utf8").trimEnd().split("\n")) assertFits(toolLog, JSON.parse(line));
  await guard.seen("SESSION_REMOVED", ({ session }) => session === "fits");
  const own = guard.lines.filter((line) => "time" in line && line.event !== "START");
  for (const line of own) assertFits(guardEvent, line);
  const names = new Set(own.map(({ event }) => event));
  for (const name of ["STARTED", "SESSION_CREATED", "FROZEN", "THAWED", "PLACED", "TOOL_STARTED", "TOOL_ENDED"])
    assert.ok(names.has(name), name);
  assert.ok(names.has("HINT_IGNORED") && names.has("SESSION_REMOVED"));
});

test("what is told over the socket is one document of the same form for each event", { skip }, async () => {
  const end = new AbortController();
  const told: GuardNotice[] = [];
  const following = (async () => {
    for await (const notice of guard.client.events(end.signal)) told.push(notice);
  })().catch(() => {});
  await until("an event to come", async () => {
    await guard.client.updateSession("s", {});
    return told.length > 0;
  });
  end.abort();
  await following;
  for (const notice of told) assertFits(guardEvent, notice);
});

test("a time to live is told when a session is made, and how much of it is left", { skip }, () => {
  const made = corral(["session", "create", "brief", "--ttl", "2h"]);
  assert.equal(made.status, 0, made.stderr);
  for (const { stdout } of [made, corral(["session", "status", "brief"])]) {
    assert.match(stdout, /^SESSION .* ENDS IN\nbrief .* (2 h 0|1 h 59) min\n/);
    assert.match(stdout, /^ttl 2 h 0 min: removed when unchanged for so long$/m);
  }
  assert.match(corral(["session", "list"]).stdout, /^brief .* (2 h 0|1 h 59) min$/m);
  assert.match(corral(["session", "status", "s"]).stdout, /^s .* -\n/m);
  assert.equal(corral(["session", "remove", "brief"]).status, 0);
});

test("limits are called what they were asked for as", { skip }, () => {
  const { stdout } = corral(["session", "create", "capped", "--memory-max", "2G"]);
  assert.match(stdout, /^memory-max 2 GiB: /m);
  assert.doesNotMatch(stdout, /memory-limit/);
  const refused = corral(["session", "create", "x", "--memory-max", "1G", "--memory-low", "2G"]);
  assert.deepEqual(
    [refused.status, refused.stderr],
    [2, "[corral] limits.memory-low is above the memory limit; lower it or raise limits.memory-max\n"],
  );
  assert.equal(corral(["session", "remove", "capped"]).status, 0);
});

test("who is root inside of a session is told to ask from outside, and not to become root", { skip }, () => {
  const inside = `${guard.root}/s/framework`;
  const go = 'this process is inside of the session "s": ask from outside of all sessions';
  const told = [
    [["freeze", "s"], `this process may not do that to the session "s"; ${go}`],
    [["create", "mine"], `user 0 may have no sessions of his own here; ${go}`],
    [["status", "other"], 'there is no session "other"; inside of the session "s" no other is seen'],
    [["status", "none"], 'there is no session "none"; inside of the session "s" no other is seen'],
  ] as const;
  for (const [words, line] of told) {
    const { status, stderr } = corral(["session", ...words], inside);
    assert.deepEqual([status, stderr], [125, `[corral] ${line}\n`], words.join(" "));
  }
  assert.equal(corral(["session", "status", "s"], inside).status, 0);
});

test("a log of tool calls that cannot be written is told once, degrades the guard, and counts what it lacks", {
  skip,
}, async () => {
  const own = newHostPlace();
  const log = join(own.home, "logs", "tools.jsonl");
  const listen = join(own.home, "metrics.sock");
  const second = await startGuard(own, {
    config: `{ version: 1, tool_log: ${log}, listen: "unix:${listen}", sessions: [{ name: s }] }`,
    env: withoutControllers,
  });
  const health = async (): Promise<Record<string, unknown>> => JSON.parse((await page(listen, "/healthz")).body);
  const call = (): number | null =>
    spawnSync(
      corralProgram()[0] ?? "",
      [...corralProgram().slice(1), "tool", "run", "--session", "s", "--socket", second.socket, "true"],
      { stdio: "ignore" },
    ).status;
  const why = `cannot write the log of tool calls to "${log}": ENOENT`;
  try {
    assert.equal((await second.seen("WARNING", ({ message }) => message === why)).session, null);
    assert.deepEqual(await health(), { status: "degraded", reason: why, sessions: 3 });
    assert.deepEqual([call(), call()], [0, 0]);
    assert.equal((await health())["reason"], `${why}; lines lost: 2`);
    assert.equal(second.lines.filter(({ message }) => String(message).includes("log of tool calls")).length, 1);
    assert.equal(second.stderr().split(why).length, 2);
    mkdirSync(join(own.home, "logs"));
    assert.equal(call(), 0);
    assert.equal((await health())["status"], "healthy");
    assert.equal(readFileSync(log, "utf8").split("\n").length, 2);
  } finally {
    await second.end("SIGKILL");
    await clearPlace(own);
  }
});

test("--check-config asks what only this host can say, and counts in words", (t) => {
  if (mount === null) return t.skip("no cgroup v2 mount");
  const file = join(place.home, "checked.yaml");
  const check = (text: string) => {
    writeFileSync(file, text);
    const words = [...corralProgram(), "guard", "--config", file, "--check-config"];
    const { status, stdout, stderr } = spawnSync(words[0] ?? "", words.slice(1), { encoding: "utf8" });
    return { status, stdout, stderr };
  };
  assert.deepEqual(check("version: 1\ntenants: [{ uid: 1000 }]\n"), {
    status: 0,
    stdout: `${file}: ok, 2 sessions, 1 tenant, 0 rules\n`,
    stderr: "",
  });
  const { status, stdout, stderr } = check(
    "version: 1\ntool_log: /no/such/tools.jsonl\ncgroup_root: /no/such/root\nfreeze_most: soon\ntenants: [{ uid: 7 }, { uid: 7 }]\n",
  );
  assert.deepEqual([status, stdout], [2, ""]);
  assert.deepEqual(stderr.trimEnd().split("\n"), [
    `${file}:2:11: tool_log has no directory: "/no/such"; make it first`,
    `${file}:3:14: cgroup_root has no group above it: "${mount}/no/such" is none below ${mount}`,
    `${file}:4:14: freeze_most expects a duration such as 500ms, 10s or 5m, not "soon"`,
    `${file}:5:30: tenants[1].uid is the user of tenants[0] already: 7`,
  ]);
});
