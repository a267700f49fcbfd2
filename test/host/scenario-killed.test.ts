/**
 * A Corral that is killed at any moment of a scenario leaves nothing once `corral gc` has run. This file is also the program that is
 * killed: it kills itself, at the event and after the time that it is told. CORRAL_TEST_KILLS and CORRAL_TEST_SEED ask for more.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";
import type { RunEvent } from "../../src/scenario/execute/index.ts";
import { loadScenario } from "../../src/scenario/file/index.ts";
import { rehearseFile } from "../../src/scenario/rehearse/index.ts";
import type { Bench } from "../shared/bench.ts";
import { openBench } from "../shared/bench.ts";
import { processesMarked } from "../shared/processes.ts";
import { controller, requires, root } from "../shared/requires.ts";
import { slowness, until } from "../shared/timing.ts";

/** Where the program is killed. */
interface Moment {
  /** Events that are told before. */
  readonly events: number;
  /** Milliseconds after the last of them; null: while it is told. */
  readonly afterMs: number | null;
}

interface Order extends Moment {
  readonly file: string;
  readonly runtime: string;
  readonly cgroupParent: string;
}

/** The program: runs the scenario, tells each event on a line, and kills itself at its moment. */
async function runAndDie({ file, runtime, cgroupParent, events, afterMs }: Order): Promise<void> {
  const die = (): void => void process.kill(process.pid, "SIGKILL");
  const dieSoon = (): void => {
    if (afterMs === null) die();
    else setTimeout(die, afterMs);
  };
  let seen = 0;
  const onEvent = (event: RunEvent): void => {
    seen += 1;
    process.stdout.write(`${event.kind === "op" ? event.op.kind : event.kind}\n`);
    if (seen === events) dieSoon();
  };
  if (events === 0) dieSoon();
  await rehearseFile(loadScenario(file), { runtime, cgroupParent, onEvent });
}

/** Everything that a run can have: groups, limits, workers of all kinds, IO, payloads, moves, freezing, a loop, and waits. */
const scenarioText = `version: 1
name: killed
duration: ${3 * slowness}s
settle: 20ms
payloads:
  - { name: long, command: [sh, -c, "sleep 1000 & wait"] }
  - { name: brief, command: [sh, -c, "sleep 0.05"] }
backdrop:
  cgroups:
    - { name: base, works: [{ workers: 2 }] }
    - { name: disk, works: [{ work_type: IoSyncWrite }] }
    - { name: made, works: [{ work_type: { Custom: { module: work.mjs } } }] }
  payloads: [long]
steps:
  - ops:
      - add_cgroup: { name: a }
      - spawn: { placement: runner, work: { work_type: { Custom: { module: work.mjs, name: beside } } } }
      - spawn: { placement: { cgroup: a }, work: { workers: 2, work_type: PipeIo } }
      - run_payload: { payload: long, cgroup: a }
      - freeze_cgroup: { cgroup: a }
      - unfreeze_cgroup: { cgroup: a }
      - add_cgroup: { name: b }
      - move_all_tasks: { from: a, to: b }
      - kill_payload: { payload: long, cgroup: b }
      - run_payload: { payload: brief, cgroup: b }
      - wait_payload: { payload: brief, cgroup: b, timeout: 20s }
      - kill_cgroup: { cgroup: b }
    setup: [{ name: c, payload: long }, { name: c/deep }]
    hold: { fixed: 100ms }
  - ops: [{ set_limits: { cgroup: base, limits: { pids-max: 50 } } }]
    hold: { loop: { interval: 50ms } }
`;

function writeScenario(bench: Bench): string {
  const directory = bench.fresh("killed");
  mkdirSync(directory);
  writeFileSync(
    join(directory, "work.mjs"),
    "export default (context) => { while (!context.stopping) context.count(); };",
  );
  writeFileSync(join(directory, "killed.yaml"), scenarioText);
  return join(directory, "killed.yaml");
}

const runtimeOf = ({ stateDir }: Bench): string => join(stateDir, "run");
const recorded = (bench: Bench): readonly string[] => {
  const directory = join(runtimeOf(bench), "scenarios");
  return existsSync(directory) ? readdirSync(directory) : [];
};
/** Directories for IO are made where TMPDIR says. */
const scratch = ({ dir }: Bench): readonly string[] =>
  readdirSync(dir).filter((name) => name.startsWith("corral-scenario-io-"));

/** Runs the program to its end or its death. @returns the events that it told */
async function runUntil(bench: Bench, file: string, moment: Moment): Promise<readonly string[]> {
  const order: Order = { ...moment, file, runtime: runtimeOf(bench), cgroupParent: bench.parent.argument };
  const child = spawn(process.execPath, [import.meta.filename], {
    env: { ...bench.env, TMPDIR: bench.dir, CORRAL_KILLED_ORDER: JSON.stringify(order) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  const [, signal] = (await once(child, "close")) as [number | null, string | null];
  const events = out.split("\n").filter((line) => line !== "");
  assert.ok(signal === "SIGKILL" || moment.events > events.length, `${JSON.stringify(moment)}: ${out}`);
  return events;
}

async function assertNothingLeft(bench: Bench, what: string): Promise<void> {
  const { status, err } = await bench.corral(["gc"], { limitMs: 120_000 });
  assert.equal(status, 0, `${what}: ${err}`);
  assert.deepEqual([bench.parent.children(), recorded(bench), scratch(bench)], [[], [], []], what);
  const mark = bench.env["CORRAL_TEST_MARK"] ?? "";
  await until(`${what}: its processes are gone`, () => processesMarked(mark).length === 0);
}

/** xorshift32: the same moments for the same seed. */
function numbersFrom(seed: number): (below: number) => number {
  let state = seed * 2_654_435_761 || 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Longest time that something is done between two events, on the reference machine. */
const longestMs = 60;

/** Before anything is told, at every event in turn, and some milliseconds after it, by the seed. */
function momentsOf(count: number, seed: number, told: number): readonly Moment[] {
  const draw = numbersFrom(seed);
  const inAdvance = Math.max(2, Math.floor(count / 5));
  return Array.from({ length: count }, (_, at) => {
    if (at < inAdvance) return { events: 0, afterMs: draw(4 * longestMs) * slowness };
    // Spread over the whole run, so that few moments are of all its phases.
    const stretch = (told - 1) / (count - inAdvance);
    const events = 1 + Math.floor((at - inAdvance) * stretch) + draw(Math.max(1, Math.floor(stretch)));
    return { events: Math.min(told, events), afterMs: draw(4) === 0 ? null : draw(longestMs) * slowness };
  });
}

function defineTest(seed: number, kills: number): void {
  const bench = openBench();
  after(() => bench.close());
  test(`a Corral that is killed ${kills} times, at any phase, leaves nothing once corral gc has run (seed ${seed})`, async (t) => {
    if (!requires(t, root(), controller("pids"))) return;
    const file = writeScenario(bench);
    const whole = await runUntil(bench, file, { events: Number.MAX_SAFE_INTEGER, afterMs: null });
    assert.ok(whole.includes("scenario_end"), whole.join(" "));
    await assertNothingLeft(bench, "a run that came to its end");
    const last = new Map<string, number>();
    for (const [at, moment] of momentsOf(kills, seed, whole.length).entries()) {
      const events = await runUntil(bench, file, moment);
      const behind = events.at(-1) ?? "nothing";
      last.set(behind, (last.get(behind) ?? 0) + 1);
      await assertNothingLeft(bench, `kill ${at} of seed ${seed}, after ${behind} and ${moment.afterMs} ms`);
    }
    t.diagnostic(`killed after ${[...last].map(([what, times]) => `${what} ${times}`).join(", ")}`);
  });
}

const ordered = process.env["CORRAL_KILLED_ORDER"];
if (ordered === undefined)
  defineTest(
    Number(process.env["CORRAL_TEST_SEED"] ?? 1),
    Number(process.env["CORRAL_TEST_KILLS"] ?? (slowness > 1 ? 6 : 24)),
  );
else await runAndDie(JSON.parse(ordered) as Order);
