/** A guard that is killed again and again, wherever it is, and what must hold after each time. */
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import type { Random } from "../../../src/policy/workload/index.ts";
import { seededRandom } from "../../../src/policy/workload/index.ts";
import { processesMarked } from "../../shared/processes.ts";
import { scaled, sleep, until } from "../../shared/timing.ts";
import { fileSessions, GuardWork, passingSessions, workConfig } from "./guard-work.ts";
import { SessionLedger } from "./session-ledger.ts";
import { type GuardUnderTest, groupNames, type Place, sleeperIn, spawnGuard } from "./support.ts";
import { type Temporary, TemporaryWatch } from "./temporary.ts";

export interface KillPlan {
  /** How often the guard is killed. */
  readonly kills: number;
  /** The same one kills at the same moments, as far as machines repeat themselves. */
  readonly seed: number;
  /** Longest time that a guard works before it is killed. */
  readonly workMs: number;
  /** The key `memory` of the guard's file. */
  readonly memory: string;
  readonly env?: Readonly<Record<string, string>>;
  /** test/vm/fixtures/watch-temporary.c, compiled. */
  readonly watch: string;
  /** What the first kills at work wait for, each for one, so that none of it is left to chance; the others come at any moment. */
  readonly awaits: readonly ((guard: GuardUnderTest, held: Temporary) => boolean)[];
  /** Called once when the first guard has begun. */
  readonly begin?: (guard: GuardUnderTest) => Promise<void>;
}

export interface Killed {
  /** Kills before the guard had begun. */
  readonly early: number;
  /** Kills that found something frozen, clamped or weighed down. */
  readonly found: Readonly<Record<keyof Temporary, number>>;
  /** Milliseconds from each kill until nothing of it was left. */
  readonly restoredMs: readonly number[];
}

/**
 * How often, and from which seed: CORRAL_TEST_KILLS and CORRAL_TEST_SEED.
 * @param otherwise kills of a run that nobody asks for more of
 */
export const killsWanted = (otherwise: number): Pick<KillPlan, "kills" | "seed"> => ({
  kills: Number(process.env["CORRAL_TEST_KILLS"] ?? otherwise),
  seed: Number(process.env["CORRAL_TEST_SEED"] ?? 1),
});

/** A second of a real machine; an emulated one takes half of it to tear a killed Node down, and longer beside another one. */
const mostMs = scaled(1000);

/** What a guard has to have in order when it has begun after another one was killed. */
async function checkSuccessor({ root, client, stderr }: GuardUnderTest, ledger: SessionLedger): Promise<void> {
  const { sessions } = await client.status();
  const names = sessions.map(({ name }) => name);
  ledger.settle(names);
  assert.deepEqual(groupNames(root), names.toSorted(), `groups without a session, or the other way round: ${stderr()}`);
  assert.deepEqual(
    sessions.filter(({ frozen }) => frozen),
    [],
  );
  for (const name of names)
    await until(`calls of a dead guard to go from ${name}`, () => groupNames(join(root, name, "tools")).length === 0);
}

/** Files of a guard that nobody needs any more. */
export const leftFiles = (home: string): readonly string[] =>
  readdirSync(home, { recursive: true, encoding: "utf8" }).filter((name) => /\.(tmp|lock|sock)$/.test(name));

/** What is counted while guards are killed. */
class KillRounds {
  readonly #place: Place;
  readonly #plan: KillPlan;
  readonly #random: Random;
  readonly #ledger = new SessionLedger(fileSessions, passingSessions);
  readonly #watch: TemporaryWatch;
  readonly #restoredMs: number[] = [];
  readonly #found = { frozen: 0, clamped: 0, weighed: 0 };
  /** How long a guard takes to begin. */
  #startMs = 0;
  #early = 0;
  #atWork = 0;
  #guard: GuardUnderTest | null = null;

  constructor(place: Place, plan: KillPlan) {
    this.#place = place;
    this.#plan = plan;
    this.#random = seededRandom(plan.seed);
    this.#watch = new TemporaryWatch(plan.watch, place.root);
  }

  get killed(): Killed {
    return { early: this.#early, found: this.#found, restoredMs: this.#restoredMs };
  }

  #spawn(): GuardUnderTest {
    const { memory, env } = this.#plan;
    this.#guard = spawnGuard(this.#place, { config: workConfig(memory), ...(env && { env }) });
    return this.#guard;
  }

  /** Kills what a failure has left. */
  async close(): Promise<void> {
    this.#watch.close();
    await this.#guard?.end("SIGKILL");
  }

  /** Waits until a guard has begun, and looks whether all is in order after its predecessor. */
  async begin(): Promise<GuardUnderTest> {
    const spawnedAt = performance.now();
    const guard = this.#spawn();
    await guard.seen("STARTED");
    this.#startMs = Math.max(this.#startMs, performance.now() - spawnedAt);
    await checkSuccessor(guard, this.#ledger);
    if (this.#restoredMs.length === 0) {
      await sleeperIn(`${this.#place.root}/session_low/framework`);
      await this.#plan.begin?.(guard);
    }
    return guard;
  }

  /** Kills a guard somewhere in its beginning. */
  async killEarly(): Promise<void> {
    const guard = this.#spawn();
    await sleep(this.#random.unit() * this.#startMs);
    await this.#kill(guard);
    this.#early += 1;
  }

  /** Kills a guard that does everything at once. */
  async killAtWork(guard: GuardUnderTest): Promise<void> {
    const work = new GuardWork(guard, this.#random, this.#ledger, this.#plan.memory);
    const found = await this.#untilDue(guard);
    work.isOver();
    await this.#kill(guard);
    await work.end();
    for (const kind of ["frozen", "clamped", "weighed"] as const) this.#found[kind] += found[kind].length > 0 ? 1 : 0;
  }

  /** Waits for the moment to kill a guard at work. @returns what it holds then */
  async #untilDue(guard: GuardUnderTest): Promise<Temporary> {
    const isDue = this.#plan.awaits[this.#atWork];
    this.#atWork += 1;
    if (isDue === undefined) await sleep(this.#random.unit() * this.#plan.workMs);
    let found = await this.#watch.look();
    if (isDue === undefined) return found;
    for (const end = performance.now() + scaled(20_000); !isDue(guard, found); found = await this.#watch.look()) {
      assert.ok(performance.now() < end, `what kill ${this.#atWork} at work waits for does not come`);
      await sleep(2);
    }
    return found;
  }

  async #kill(guard: GuardUnderTest): Promise<void> {
    const { afterMs, left } = await this.#watch.kill(guard.process.pid ?? 0, mostMs);
    await guard.end("SIGKILL");
    this.#restoredMs.push(afterMs);
    assert.ok(afterMs < mostMs, `after ${afterMs.toFixed(0)} ms: ${left.join(", ")}`);
  }
}

/** One kill in so many finds a guard that has not begun yet. */
const earlyEvery = 5;

/** Kills guards as planned, each the successor of the last, and ends the last one by TERM. Asserts what must hold each time. */
export async function killAgainAndAgain(place: Place, plan: KillPlan): Promise<Killed> {
  const rounds = new KillRounds(place, plan);
  const processes = (): readonly number[] => processesMarked(place.home, `${place.root}/`);
  try {
    for (let kill = 1; kill <= plan.kills; kill += 1) {
      if (kill % earlyEvery === 0) await rounds.killEarly();
      else await rounds.killAtWork(await rounds.begin());
      await until("helpers of the dead guard to go", () => processes().length === 0);
    }
    const last = await rounds.begin();
    assert.equal(await last.end("SIGTERM"), 0, last.stderr());
    assert.deepEqual([leftFiles(place.home), processes()], [[], []]);
    return rounds.killed;
  } catch (thrown) {
    const { early, restoredMs } = rounds.killed;
    const which = `kill ${restoredMs.length + 1} (${early} early) of seed ${plan.seed}`;
    throw new Error(`${which}: ${(thrown as Error).message}`, { cause: thrown });
  } finally {
    await rounds.close();
  }
}
