import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, describe, test } from "node:test";
import { openBench } from "../shared/bench.ts";
import { ruleFile, startPolicy, startWorkload } from "../shared/policy-run.ts";
import { openPolicySession, ruleAfter } from "../shared/policy-session.ts";
import { requires, root } from "../shared/requires.ts";
import { scaled, sleep, until } from "../shared/timing.ts";
import { copyProgram, startProgram } from "../shared/watching.ts";

const bench = openBench();
after(async () => {
  await bench.close();
});

const sleeper = copyProgram(bench, "sleeper");
/** A rule of this name for our own program. */
const rule = (name: string, rest: string): string => `  - { name: ${name}, select: { exe: ${sleeper} }, ${rest} }`;

const hasActed = /rule second has it and (has acted|waits|acts)/;

describe("a policy of rules", () => {
  test("acts on what its rules select, each rule for itself, and on nothing else", async (t) => {
    if (!requires(t, root())) return;
    const told = path.join(bench.dir, "told");
    const policy = await startPolicy(t, bench, [], {
      rules: [
        rule("end", "when: { exec: { after: 600ms } }, do: { signal: TERM }"),
        rule(
          "tell",
          `when: { exit: { after: 0 } }, do: { exec: [/bin/sh, -c, 'echo $CORRAL_PID $CORRAL_EXIT_SIGNAL > ${told}'] }`,
        ),
      ],
    });
    const [one, other] = [startProgram(t, sleeper), startProgram(t, copyProgram(bench, "other"))];
    await one.ended;
    const records = await policy.recorded(one.pid, 2);
    assert.deepEqual(
      records.map(({ rule: name, action, outcome }) => `${name} ${action} ${outcome}`),
      ["end signal applied", "tell exec applied"],
    );
    assert.equal(readFileSync(told, "utf8"), `${one.pid} 15\n`);
    assert.ok((records[0]?.lateness_us ?? -1) >= 0, "the lateness is on record");
    assert.deepEqual([policy.records(other.pid), existsSync(`/proc/${other.pid}`)], [[], true]);
  });

  test("reads its rules again at HUP: what is the same goes on, what is new begins, mistakes change nothing", async (t) => {
    if (!requires(t, root())) return;
    const file = ruleFile(bench, [rule("first", "when: { exec: { after: 1h } }, do: { signal: TERM }")]);
    const policy = await startPolicy(t, bench, ["--rules", file]);
    const one = startProgram(t, sleeper);
    await sleep(300);
    const write = (...lines: readonly string[]): void => {
      writeFileSync(file, ["version: 1", "rules:", ...lines, ""].join("\n"));
      policy.started.kill("SIGHUP");
    };
    write(rule("first", "when: { exec: { after: never } }, do: { signal: TERM }"));
    const { problems } = await policy.told("reload_failed");
    assert.match(problems.join(), /policy\.yaml:3:\d+: rules\[0\]\.when\.exec\.after expects a duration/);
    write(
      rule("first", "when: { exec: { after: 1h } }, do: { signal: TERM }"),
      rule("second", "when: { every: 300ms }, do: { exec: [/bin/true] }"),
    );
    const { rules } = await policy.told("reloaded");
    const { outcome } = await policy.told("attempt", ({ pid, rule: name }) => pid === one.pid && name === "second");
    assert.deepEqual([rules, outcome], [["first", "second"], "applied"]);
    // By the same file, and by the rules that run; both as the policy has noted its state.
    for (const rulesOf of [["--rules", file], []]) {
      const explain = ["policy", "explain", String(one.pid), "--sock-path", policy.socket, ...rulesOf];
      let out = "";
      for (const end = Date.now() + scaled(10_000); !hasActed.test(out) && Date.now() < end; )
        out = (await bench.corral(explain)).out;
      assert.match(out, /rule first has it and waits: it is due in (59 min|1 h)/);
      assert.match(out, hasActed);
    }
  });

  test("explain judges by the rules of the policy that was killed last, and says so; else by none but the plain ones", async (t) => {
    if (!requires(t, root())) return;
    const policy = await startPolicy(t, bench, [], {
      rules: [rule("mine", "when: { exec: { after: 1h } }, do: { signal: TERM }")],
    });
    const one = startProgram(t, sleeper);
    const explain = ["policy", "explain", String(one.pid), "--sock-path"];
    let running = "";
    await until("its rules to be noted", async () => {
      running = (await bench.corral([...explain, policy.socket])).out;
      return running.includes("rule mine has it and waits");
    });
    policy.started.kill("SIGKILL");
    await policy.started.ended;
    const { status, out } = await bench.corral([...explain, policy.socket]);
    const pid = /the policy that runs is process (\d+)/.exec(running)?.[1];
    assert.equal(status, 0);
    assert.match(
      out,
      new RegExp(`; no policy runs at this socket; by the rules of the last one, process ${pid}, which has ended\\n`),
    );
    assert.match(out, /^rule mine would have it: no policy runs$/m);
    const never = await bench.corral([...explain, `${policy.socket}.none`]);
    assert.match(never.out, /; no policy runs at this socket; by what corral policy run does without flags\n/);
  });

  test("never has more than four under way of a herd of five hundred, and resolves every one", async (t) => {
    if (!requires(t, root())) return;
    const policy = await startPolicy(t, bench, ["--quiet"], {
      rules: [
        rule(
          "herd",
          "when: { exec: { after: 300ms } }, do: { exec: [/bin/true] }, limits: { in_flight: 4, wait: 60s }",
        ),
      ],
    });
    const herd = spawn("/bin/sh", ["-c", `for i in $(seq 500); do ${sleeper} 600 & done; wait`], {
      detached: true,
      stdio: "ignore",
    });
    t.after(() => process.kill(-(herd.pid ?? 0), "SIGKILL"));
    const attempts = () => policy.all("attempt").filter(({ rule: name }) => name === "herd");
    await until("all of the herd are resolved", () => attempts().length >= 500, 60_000);
    const { status } = await policy.stop();
    const spans = attempts().flatMap(({ pid }) => policy.records(pid));
    const ends = spans
      .flatMap(({ started_ns, finished_ns }) => [
        { atNs: BigInt(started_ns ?? 0), change: 1 },
        { atNs: BigInt(finished_ns ?? 0), change: -1 },
      ])
      .toSorted((a, b) => Number(a.atNs - b.atNs) || a.change - b.change);
    let underWay = 0;
    const most = Math.max(...ends.map(({ change }) => (underWay += change)));
    assert.deepEqual(
      [status, spans.length, new Set(spans.map(({ outcome }) => outcome)), most <= 4],
      [0, 500, new Set(["applied"]), true],
    );
  });

  test("decides a recording again as it did live, and says what other rules would have done", async (t) => {
    if (!requires(t, root())) return;
    const recording = bench.fresh("recording");
    const lines = (delay: string): readonly string[] => [
      rule("end", `when: { exec: { after: ${delay} } }, do: { signal: TERM }, limits: { jitter: 200ms }`),
      "  - { name: ask, when: { enrol: { after: 100ms } }, do: { message: compress } }",
    ];
    const policy = await startPolicy(t, bench, ["--record", recording], { rules: lines("500ms") });
    const one = startProgram(t, sleeper);
    const asked = startWorkload(t, policy.socket, "answer");
    await one.ended;
    await policy.told("attempt", ({ pid }) => pid === asked.pid);
    await policy.stop();
    const same = await bench.corral(["policy", "test", "--replay", recording, "--json"]);
    const document = JSON.parse(same.out) as {
      attempts: { pid: number; outcome: string }[];
      difference: unknown;
      decisions: number;
    };
    assert.deepEqual([same.status, document.difference, document.decisions > 0], [0, null, true]);
    const live = policy.all("attempt").map(({ pid, outcome }) => ({ pid, outcome }));
    assert.deepEqual(
      document.attempts.map(({ pid, outcome }) => ({ pid, outcome })),
      live,
    );
    const other = await bench.corral([
      "policy",
      "test",
      "--replay",
      recording,
      "--json",
      "--rules",
      ruleFile(bench, lines("1h")),
    ]);
    const outcomes = (JSON.parse(other.out) as typeof document).attempts.map(({ pid, outcome }) => ({ pid, outcome }));
    assert.deepEqual(
      outcomes,
      [
        { pid: asked.pid, outcome: "dry_run" },
        { pid: one.pid, outcome: "exited_before" },
      ].toSorted((a, b) => live.findIndex(({ pid }) => pid === a.pid) - live.findIndex(({ pid }) => pid === b.pid)),
    );
  });

  test("refuses a recording that was cut off, in one line", async (t) => {
    if (!requires(t, root())) return;
    const recording = bench.fresh("recording");
    const policy = await startPolicy(t, bench, ["--record", recording, "--delay-sec", "1h"]);
    await policy.stop();
    const whole = readFileSync(recording, "utf8").trimEnd().split("\n");
    writeFileSync(recording, `${whole.slice(0, -1).join("\n")}\n`);
    const { status, err } = await bench.corral(["policy", "test", "--replay", recording]);
    assert.deepEqual([status, err], [125, `[corral] "${recording}": was cut off: it has no end\n`]);
  });

  test("marks what was under way when events were lost", async (t) => {
    if (!requires(t, root())) return;
    const { session, told } = await openPolicySession(bench, ruleAfter(sleeper, 5), {
      prefer: "proc connector",
      queueLimit: 8,
    });
    const one = startProgram(t, sleeper);
    await until("the exec was read", () => session.progress().pending === 1);
    // Our own loop stands still meanwhile, and the queue is short.
    spawnSync("/bin/sh", ["-c", "for i in $(seq 30); do /bin/true; done"]);
    await until("the loss is told", () => told.some(({ event }) => event === "lost"));
    const attempts = () => told.flatMap((event) => (event.event === "attempt" ? [event.attempt] : []));
    const ofOne = () => attempts().find(({ process: { identity } }) => identity.pid === one.pid);
    await until("the deadline is met all the same", () => ofOne() !== undefined);
    const summary = await session.close("test");
    assert.deepEqual([ofOne()?.outcome, ofOne()?.degraded, (summary.lost_events ?? 0) > 0], ["dry_run", true, true]);
  });
});
