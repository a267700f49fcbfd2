import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, describe, test } from "node:test";
import { bootId } from "../../src/kernel/index.ts";
import { stateDirectories } from "../../src/run/index.ts";
import { openBench } from "../shared/bench.ts";
import { startPolicy, startWorkload } from "../shared/policy-run.ts";
import { requires, root } from "../shared/requires.ts";
import { until } from "../shared/timing.ts";
import { copyProgram, startProgram } from "../shared/watching.ts";

const bench = openBench();
after(async () => {
  await bench.close();
});

const sleeper = copyProgram(bench, "sleeper");
const runtime = stateDirectories(bench.env, process.getuid?.() ?? 0).runtime;

const statesThere = (): string[] =>
  (existsSync(runtime) ? readdirSync(runtime) : [])
    .filter((name) => /^policy-[0-9a-f]{12}\.json$/.test(name))
    .map((name) => path.join(runtime, name));
const textsOf = (): string[] => statesThere().map((file) => readFileSync(file, "utf8"));

describe("a policy that was killed", () => {
  test("has its open records made by the next one: of what ended meanwhile, and of what ends later", async (t) => {
    if (!requires(t, root())) return;
    const rules = [
      `  - { name: wait, select: { exe: ${sleeper} }, when: { exec: { after: 1h } }, do: { signal: TERM }, record: at_exit }`,
      "  - { name: ask, when: { enrol: { after: 0 } }, do: { message: compress }, record: at_exit }",
    ];
    const first = await startPolicy(t, bench, [], { rules });
    const waits = startProgram(t, sleeper, ["600"]);
    const goes = startWorkload(t, first.socket, "answer", "goes");
    const stays = startWorkload(t, first.socket, "answer", "stays");
    for (const { pid } of [goes, stays])
      await first.told("attempt", (one) => one.pid === pid && one.outcome.startsWith("applied"));
    const isKept = (text: string, pid: number): boolean => {
      const { kept } = JSON.parse(text) as {
        kept: readonly { process: { identity: { pid: number } }; unwritten: readonly unknown[] }[];
      };
      return kept.some((one) => one.process.identity.pid === pid && (pid === waits.pid || one.unwritten.length === 1));
    };
    await until("all of it is kept", () =>
      textsOf().some((text) => [waits, goes, stays].every(({ pid }) => isKept(text, pid))),
    );
    await first.stop("SIGKILL");
    for (const { pid } of [goes, waits]) process.kill(pid, "SIGKILL");
    await Promise.all([goes.ended, waits.ended]);
    const second = await startPolicy(t, bench, [], { rules, socket: first.socket });
    const pick = async (pid: number) => {
      const [record, ...more] = await second.recorded(pid);
      assert.deepEqual(more, []);
      const { outcome, exited, enrolled, workload_name: name, degraded, run_id: run } = record ?? {};
      return [
        outcome?.replace("_no_gain", ""),
        exited,
        enrolled,
        name,
        degraded,
        run === first.all("started")[0]?.run_id,
      ];
    };
    assert.deepEqual(await pick(waits.pid), ["exited_before", true, false, "", true, false]);
    assert.deepEqual(await pick(goes.pid), ["applied", true, true, "goes", true, true]);
    process.kill(stays.pid, "SIGKILL");
    const [kept] = await second.recorded(stays.pid);
    assert.deepEqual(
      [kept?.run_id === first.all("started")[0]?.run_id, kept?.exit_signal, kept?.workload_name],
      [true, "SIGKILL", "stays"],
    );
    await second.stop();
  });
});

describe("the state of a policy", () => {
  test("is gone when it ends in order with nothing pending", async (t) => {
    if (!requires(t, root())) return;
    const policy = await startPolicy(t, bench, [], {
      rules: [`  - { name: r, select: { exe: ${sleeper} }, when: { exec: { after: 1h } }, do: { signal: TERM } }`],
    });
    const one = startProgram(t, sleeper, ["600"]);
    await until("it is kept", () => textsOf().some((text) => text.includes(`"pid":${one.pid},`)));
    const before = statesThere();
    process.kill(one.pid, "SIGKILL");
    await policy.recorded(one.pid);
    await policy.stop("SIGTERM");
    assert.deepEqual(
      before.filter((file) => existsSync(file) && readFileSync(file, "utf8").includes(`"pid":${one.pid},`)),
      [],
    );
  });

  test("is cleared by gc only when its policy is gone for certain and no next one would take it up", async () => {
    const stat = readFileSync("/proc/self/stat", "utf8");
    const startTicks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
    const nowNs = process.hrtime.bigint();
    const long = 700_000_000_000n;
    const made = { schema: "corral.policy-state/2", boot_id: bootId(), run_id: "x", entries: [], kept: [] };
    const own = { pid: process.pid, start_ticks: startTicks };
    const gone = { ...own, start_ticks: startTicks + 1 };
    const states: Readonly<Record<string, object | string>> = {
      aaaaaaaaaaa1: { ...made, ...own, written_ns: String(nowNs - long) },
      aaaaaaaaaaa2: { ...made, ...gone, written_ns: String(nowNs) },
      aaaaaaaaaaa3: { ...made, ...gone, written_ns: String(nowNs - long) },
      aaaaaaaaaaa4: { ...made, ...own, boot_id: "another", written_ns: String(nowNs) },
      aaaaaaaaaaa5: "no state",
    };
    mkdirSync(runtime, { recursive: true });
    const fileOf = (id: string): string => path.join(runtime, `policy-${id}.json`);
    for (const [id, state] of Object.entries(states))
      writeFileSync(fileOf(id), typeof state === "string" ? state : `${JSON.stringify(state)}\n`);
    const there = (): string[] => Object.keys(states).filter((id) => existsSync(fileOf(id)));
    const dry = await bench.corral(["gc", "--dry-run"]);
    assert.deepEqual(there(), Object.keys(states));
    assert.match(dry.out, /would remove state of a policy ".*policy-aaaaaaaaaaa3\.json"/);
    await bench.corral(["gc"]);
    assert.deepEqual(there(), ["aaaaaaaaaaa1", "aaaaaaaaaaa2", "aaaaaaaaaaa5"]);
  });
});

describe("--rotate-size", () => {
  test("ends a file that has grown to it, and every one of them is whole", async (t) => {
    if (!requires(t, root())) return;
    const csv = bench.fresh("rotated.csv");
    const policy = await startPolicy(t, bench, ["--csv", csv, "--rotate-size", "64K"], {
      rules: ["  - { name: ask, when: { enrol: { after: 0 } }, do: { message: compress }, limits: { in_flight: 99 } }"],
    });
    const crowd = startWorkload(t, policy.socket, "crowd");
    await crowd.ended;
    await until("every one is recorded", () => policy.all("attempt").length >= 1000, 60_000);
    await policy.stop();
    assert.ok(existsSync(`${csv}.1`) && existsSync(`${csv}.2`), "it was rotated twice at least");
    const files = readdirSync(path.dirname(csv))
      .filter((name) => name.startsWith(path.basename(csv)) && !name.endsWith(".summary.json"))
      .map((name) => path.join(path.dirname(csv), name));
    const { status, out } = await bench.corral(["policy", "import", ...files, "--json"]);
    const document = JSON.parse(out);
    assert.deepEqual([status, document.summary.attempts], [0, 1000]);
  });

  for (const [flags, message] of [
    [
      ["--rotate-size", "1M"],
      /^\[corral\] --rotate-size is for files of records; give --csv FILE or --jsonl FILE too\n$/,
    ],
    [["--csv", "x.csv", "--rotate-size", "1K"], /^\[corral\] --rotate-size expects a size of at least 64K, not "1K"/],
  ] as const)
    test(`is refused as ${flags.join(" ")}`, async () => {
      const { status, err } = await bench.corral(["policy", "run", ...flags]);
      assert.equal(status, 2);
      assert.match(err, message);
    });
});

describe("--record", () => {
  test("moves an earlier recording away and leaves any other file alone", async () => {
    const file = bench.fresh("recording");
    const socket = path.join(bench.fresh("enrol"), "s");
    const flags = ["policy", "run", "--delay-sec", "1h", "--sock-path", socket, "--record", file];
    writeFileSync(file, "somebody's own\n");
    const refused = await bench.corral(flags);
    assert.deepEqual(
      [refused.status, refused.err, readFileSync(file, "utf8")],
      [
        125,
        `[corral] "${file}" holds something else than a recording of a policy; name another file, or move this one away\n`,
        "somebody's own\n",
      ],
    );
    const earlier = '{"schema":"corral.policy-recording/1"}\n';
    writeFileSync(file, earlier);
    const policy = bench.start(flags);
    await until("it runs", () => policy.err().includes("policy of 1 rule"));
    policy.kill("SIGTERM");
    const { status, err } = await policy.ended;
    assert.equal(status, 0);
    assert.ok(err.includes(`the recording that was in ${file} is in ${file}.1 now`));
    assert.equal(readFileSync(`${file}.1`, "utf8"), earlier);
    assert.match(readFileSync(file, "utf8"), /^\{"schema":"corral\.policy-recording\/3".*\n(.*\n)*.*"end".*\n$/);
    const text = readFileSync(file, "utf8");
    writeFileSync(`${file}.cut`, text.slice(0, text.indexOf("\n") + 20));
    const cut = await bench.corral(["policy", "test", "--replay", `${file}.cut`]);
    assert.deepEqual([cut.status, cut.err], [125, `[corral] "${file}.cut": was cut off in line 2\n`]);
  });
});
