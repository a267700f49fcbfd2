import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmdirSync, writeFileSync } from "node:fs";
import type { Controller } from "../../src/cgroup/index.ts";
import type { Op, OpKind } from "../../src/scenario/index.ts";
import { cgroup, hold, ops, scenario } from "../../src/scenario/index.ts";
import { host, seedCpuset } from "../lib/group-parent.ts";
import type { Summary } from "../lib/measure.ts";
import { medianDifference, nowMs, summarize } from "../lib/measure.ts";
import type { Place } from "./place.ts";

/** One kind of op, in microseconds: what the engine takes, what its writes take by themselves, and the difference. */
export interface OpCost {
  readonly kind: OpKind;
  readonly engineUs: Summary;
  /** Null: what it does is more than writes (processes are made). */
  readonly writesUs: Summary | null;
  /** Median of the differences of the rounds' medians. */
  readonly beyondUs: number | null;
}

const controllers: readonly Controller[] = ["cpuset", "pids"];
const work = { workType: { TimerLatency: { interval_us: 100_000 } }, workers: 1 } as const;

/** What is measured, once over; the groups a and b stand, and one worker is in a. */
const cycle: readonly Op[] = [
  ops.addCgroup("c"),
  ops.setCpuset("c", { exact: "0" }),
  ops.setLimits("c", { "pids-max": 100 }),
  ops.freezeCgroup("c"),
  ops.unfreezeCgroup("c"),
  ops.moveAllTasks("a", "b"),
  ops.moveAllTasks("b", "a"),
  ops.spawn("b", { ...work }),
  ops.stopCgroup("b"),
  ops.removeCgroup("c"),
];

const plan = (times: number) =>
  scenario("ops", {
    duration: "60s",
    backdrop: {
      cgroups: [cgroup("a").cpuset({ exact: "0" }).pidsMax(1000).work(work), cgroup("b").cpuset({ exact: "0" })],
    },
    steps: [{ ops: Array.from({ length: times }, () => cycle).flat(), hold: hold.fixed("0s") }],
  });

/** Microseconds of every op of one run, by kind. */
async function engineRound(place: Place, times: number): Promise<ReadonlyMap<string, readonly number[]>> {
  const { record } = await place.run(plan(times));
  return byKind(
    record.ops
      .filter(({ step, index }) => step === 0 && index !== null)
      .map(({ kind, durationMs }) => [kind, durationMs]),
  );
}

function byKind(samples: readonly (readonly [string, number])[]): ReadonlyMap<string, readonly number[]> {
  const kinds = new Map<string, number[]>();
  for (const [kind, ms] of samples) kinds.set(kind, [...(kinds.get(kind) ?? []), ms * 1000]);
  return kinds;
}

/** Directories that a group of these controllers has, below those of the benchmark's. */
function directoriesOf(place: Place, name: string): ReadonlyMap<Controller | "unified", string> {
  const places = (["unified", ...controllers] as const).map(
    (use) => [use, `${place.parent.directoryOf(use)}/${name}`] as const,
  );
  return new Map(places);
}

type Directories = ReturnType<typeof directoriesOf>;
const each = (directories: Directories): readonly string[] => [...new Set(directories.values())];

function makeBare(directories: Directories): void {
  for (const directory of each(directories)) mkdirSync(directory);
  const hierarchy = host.owner.cpuset;
  const cpuset = directories.get("cpuset");
  if (hierarchy !== undefined && cpuset !== undefined) seedCpuset(hierarchy, cpuset);
}

/** The writes of the same ops, by themselves. */
function bareRound(place: Place, times: number, pid: number): ReadonlyMap<string, readonly number[]> {
  const [a, b, c] = ["bare-a", "bare-b", "bare-c"].map((name) => directoriesOf(place, name));
  if (a === undefined || b === undefined || c === undefined) return new Map();
  const samples: [string, number][] = [];
  const timed = (kind: OpKind, act: () => void): void => {
    const began = nowMs();
    act();
    samples.push([kind, nowMs() - began]);
  };
  const join = (directories: Directories) => (): void => {
    for (const directory of each(directories)) writeFileSync(`${directory}/cgroup.procs`, String(pid));
  };
  makeBare(a);
  makeBare(b);
  join(a)();
  for (let time = 0; time < times; time += 1) {
    timed("add_cgroup", () => makeBare(c));
    timed("set_cpuset", () => writeFileSync(`${c.get("cpuset")}/cpuset.cpus`, "0"));
    timed("set_limits", () => writeFileSync(`${c.get("pids")}/pids.max`, "100"));
    timed("freeze_cgroup", () => writeFileSync(`${c.get("unified")}/cgroup.freeze`, "1"));
    timed("unfreeze_cgroup", () => writeFileSync(`${c.get("unified")}/cgroup.freeze`, "0"));
    timed("move_all_tasks", join(b));
    timed("move_all_tasks", join(a));
    timed("remove_cgroup", () => {
      for (const directory of each(c)) rmdirSync(directory);
    });
  }
  for (const directory of each(new Map([...a].map(([use]) => [use, `${place.parent.directoryOf(use)}`]))))
    writeFileSync(`${directory}/cgroup.procs`, String(pid));
  for (const directory of [...each(a), ...each(b)]) rmdirSync(directory);
  return byKind(samples);
}

/** Rounds of the engine and of bare writes by turns. @param times how often each op is done in a round */
export async function measureOps(place: Place, rounds: number, times: number): Promise<readonly OpCost[]> {
  const sleeper = spawn("sleep", ["1000"], { stdio: "ignore" });
  await once(sleeper, "spawn");
  const engine: ReadonlyMap<string, readonly number[]>[] = [];
  const bare: typeof engine = [];
  try {
    // The first round warms and is dropped.
    for (let round = 0; round <= rounds; round += 1) {
      engine.push(await engineRound(place, times));
      bare.push(bareRound(place, times, sleeper.pid ?? 0));
    }
  } finally {
    sleeper.kill("SIGKILL");
    await once(sleeper, "exit");
  }
  const kinds = [...(engine[0]?.keys() ?? [])] as OpKind[];
  return kinds.map((kind) => costOf(kind, engine.slice(1), bare.slice(1)));
}

function costOf(
  kind: OpKind,
  engine: readonly ReadonlyMap<string, readonly number[]>[],
  bare: readonly ReadonlyMap<string, readonly number[]>[],
): OpCost {
  const of = (rounds: typeof engine): readonly (readonly number[])[] => rounds.map((round) => round.get(kind) ?? []);
  const medians = (rounds: typeof engine): number[] => of(rounds).map((round) => summarize(round).median);
  const isBare = of(bare).every(({ length }) => length > 0);
  return {
    kind,
    engineUs: summarize(of(engine).flat()),
    writesUs: isBare ? summarize(of(bare).flat()) : null,
    beyondUs: isBare ? medianDifference(medians(engine), medians(bare)) : null,
  };
}
