import { beforeEach, expect, test } from "vitest";
import type { MemorySettings } from "../model/index.ts";
import { plainMemory } from "../model/index.ts";
import type { Decision } from "./decision.ts";
import type { Place } from "./place.ts";
import { selectTargets } from "./place.ts";
import type { Readings, ToolReading } from "./readings.ts";
import { TwoStage } from "./two-stage.ts";

const mebibyte = 1024 * 1024;
const limitMib = 1100;

/** A session as the tests move it, sizes in MiB. */
interface Simulated {
  readonly place: Place;
  mib: number;
  inside: boolean;
  /** Milliseconds that its tasks take to stop once they are told to. */
  freezesInMs: number;
  tools: ToolReading[];
  stallUs: number;
  hits: number;
}

const placeOf = (name: string, rank: number): Place => ({
  name,
  rank,
  directory: `/root/${name}`,
  framework: `/root/${name}/framework`,
  tools: `/root/${name}/tools`,
  standing: { high: "max", low: "0", min: "0", max: "max" },
});

const session = (name: string, rank: number, mib: number): Simulated => ({
  place: placeOf(name, rank),
  mib,
  inside: true,
  freezesInMs: 0,
  tools: [],
  stallUs: 0,
  hits: 0,
});

/** A root of 1100 MiB with a clock of its own: what the policy writes takes effect as the kernel would have it. */
class Simulation {
  nowMs = 1_000_000;
  settings: MemorySettings = plainMemory;
  sessions: Simulated[];
  readonly policy = new TwoStage();
  readonly files = new Map<string, string>();
  readonly killed: string[] = [];
  readonly #frozenAtMs = new Map<string, number>();
  readonly told: Decision[] = [];

  constructor(...sessions: Simulated[]) {
    this.sessions = sessions;
  }

  get freeMib(): number {
    return limitMib - this.sessions.reduce((sum, { mib }) => sum + mib, 0);
  }

  #isFrozen(directory: string, { freezesInMs }: Simulated): boolean {
    const sinceMs = this.#frozenAtMs.get(directory);
    return sinceMs !== undefined && this.nowMs >= sinceMs + freezesInMs;
  }

  readings(): Readings {
    const places = this.sessions.map(({ place }) => place);
    const of = (place: Place) => this.sessions.find((one) => one.place === place) as Simulated;
    const targets = selectTargets(
      places,
      (place) => of(place).inside,
      () => false,
    );
    return {
      nowMs: this.nowMs,
      limitBytes: limitMib * mebibyte,
      headroomBytes: this.freeMib * mebibyte,
      boundBy: "/root",
      rootStallUs: 0,
      protects: targets.protects.map((place) => ({
        place,
        stallUs: of(place).stallUs,
        faults: null,
        highHits: of(place).hits,
        maxHits: 0,
      })),
      domains: targets.domains.map((domain) => {
        const one = of(domain.place);
        const frozen = domain.freeze.every((directory) => this.#isFrozen(directory, one));
        return { domain, currentBytes: one.mib * mebibyte, frozen, tools: one.tools };
      }),
      places,
    };
  }

  /** One look, after so many milliseconds. What was decided, as short texts. */
  look(afterMs = 50): string[] {
    this.nowMs += afterMs;
    const made = this.policy.step(this.readings(), this.settings);
    this.told.push(...made);
    for (const { writes, kill } of made) {
      if (kill !== null) this.killed.push(kill);
      for (const { path, value, standing } of writes) {
        if (value === standing) this.files.delete(path);
        else this.files.set(path, value);
        if (!path.endsWith("/cgroup.freeze")) continue;
        const directory = path.slice(0, -"/cgroup.freeze".length);
        if (value === "1") this.#frozenAtMs.set(directory, this.nowMs);
        else this.#frozenAtMs.delete(directory);
      }
    }
    return made.map(({ domain, action, reason }) => `${domain} ${action} ${reason}`);
  }

  /** Looks every 50 ms for so long. */
  run(ms: number): string[] {
    const lines: string[] = [];
    for (let atMs = 0; atMs < ms; atMs += 50) lines.push(...this.look());
    return lines;
  }

  stages(): Record<string, string> {
    return Object.fromEntries(this.policy.stages());
  }
}

let high: Simulated;
let low: Simulated;
let low2: Simulated;
let host: Simulation;
beforeEach(() => {
  high = session("high", 3, 300);
  low = session("low", 1, 200);
  low2 = session("low2", 1, 250);
  host = new Simulation(high, low, low2);
});

const mib = (number: number): string => String(number * mebibyte);

test("with enough free nothing is done", () => {
  expect([host.run(1000), host.stages(), host.freeMib]).toEqual([[], {}, 350]);
});

test("below 12 % free every lower session is clamped to what it has, with the values seen and the threshold", () => {
  high.mib = 520;
  expect(host.look()).toEqual(["low2 clamp headroom", "low clamp headroom"]);
  expect([...host.files]).toEqual([
    ["/root/low2/memory.high", mib(250)],
    ["/root/low/memory.high", mib(200)],
  ]);
  expect(host.told[0]).toEqual({
    domain: "low2",
    session: "low2",
    action: "clamp",
    from: "normal",
    to: "clamped",
    reason: "headroom",
    threshold: 132 * mebibyte,
    observed: {
      limit_bytes: 1100 * mebibyte,
      headroom_bytes: 130 * mebibyte,
      bound_by: "/root",
      stall_share: 0,
      hits: 0,
      current_bytes: 250 * mebibyte,
    },
    writes: [{ path: "/root/low2/memory.high", value: mib(250), standing: "max" }],
    kill: null,
    weight: 10,
  });
  expect(host.run(2000)).toEqual([]);
});

test("a session that has hardly begun is not clamped below 16 MiB, and one with a limit of its own not above that", () => {
  low.mib = 1;
  host.sessions = [
    high,
    low,
    { ...low2, place: { ...low2.place, standing: { ...low2.place.standing, high: mib(240) } } },
  ];
  high.mib = 720;
  host.look();
  expect([...host.files.values()]).toEqual([mib(16)]);
  expect(host.told.map(({ writes }) => writes[0]?.value)).toEqual([mib(240), mib(16)]);
});

test("stall of the protected session above 10 % of 200 ms clamps, above 20 % freezes, where memory is not plenty", () => {
  high.mib = 400;
  host.look();
  high.stallUs += 25_000;
  expect(host.look()).toEqual(["low2 clamp stall", "low clamp stall"]);
  expect(host.told[0]?.observed.stall_share).toBe(0.125);
  host.run(200);
  for (let look = 0; look < 4; look += 1) {
    high.stallUs += 15_000;
    host.look();
  }
  const frozen = host.told.find(({ action }) => action === "freeze");
  expect(frozen).toMatchObject({ reason: "stall", threshold: 0.2, domain: "low2", observed: { stall_share: 0.225 } });
});

test("a protected session that stalls while much is free has its own limit to blame: nobody is touched", () => {
  for (let look = 0; look < 20; look += 1) {
    high.stallUs += 40_000;
    high.hits += 10;
    expect(host.look()).toEqual([]);
  }
});

test("a protected session that hits its limits while memory is not plenty clamps the others", () => {
  high.mib = 400;
  host.look();
  high.hits += 1;
  expect(host.look()).toEqual(["low2 clamp hits", "low clamp hits"]);
});

test("below 4 % free the largest of the lowest class is frozen first, the next at the next look, each confirmed by the kernel", () => {
  low.freezesInMs = 300;
  high.mib = 610;
  expect(host.look()).toEqual(["low2 clamp headroom", "low clamp headroom", "low2 freeze headroom"]);
  expect(host.files.get("/root/low2/framework/cgroup.freeze")).toBe("1");
  expect(host.files.get("/root/low2/tools/cgroup.freeze")).toBe("1");
  expect(host.look()).toEqual(["low2 frozen confirmed", "low freeze headroom"]);
  expect(host.stages()).toEqual({ low: "freezing", low2: "frozen" });
  expect(host.run(250)).toEqual([]);
  expect(host.run(100)).toEqual(["low frozen confirmed"]);
});

test("a better class is frozen after a lower one, however small that is", () => {
  const normal = session("normal", 2, 300);
  low2.mib = 20;
  host.sessions = [high, low, low2, normal];
  high.mib = 540;
  const frozen = host.run(200).filter((line) => line.endsWith("freeze headroom"));
  expect(frozen).toEqual(["low freeze headroom", "low2 freeze headroom", "normal freeze headroom"]);
});

test("when it is very late all are frozen at once", () => {
  high.mib = 640;
  expect(host.look().filter((line) => line.endsWith("freeze headroom"))).toHaveLength(2);
});

test("with room again all go on one by one, 50 ms apart, and their clamps go after that", () => {
  high.mib = 610;
  host.run(200);
  expect(host.stages()).toEqual({ low: "frozen", low2: "frozen" });
  high.mib = 300;
  expect([host.look(10), host.look(80)]).toEqual([[], []]);
  expect(host.look(20)).toEqual(["low thaw calm"]);
  expect(host.look(30)).toEqual([]);
  expect(host.look(20)).toEqual(["low2 thaw calm"]);
  expect(host.stages()).toEqual({ low: "clamped", low2: "clamped" });
  expect(host.run(300)).toEqual(["low release calm", "low2 release calm"]);
  expect([host.stages(), [...host.files]]).toEqual([{}, []]);
  expect(host.told.filter(({ action }) => action === "release").map(({ weight }) => weight)).toEqual([
    "standing",
    "standing",
  ]);
});

test("between the thresholds nothing is taken back and nothing is done again", () => {
  high.mib = 520;
  host.look();
  high.mib = 460;
  low.mib = 190;
  low2.mib = 240;
  expect([host.freeMib, host.run(5000), host.stages()]).toEqual([210, [], { low: "clamped", low2: "clamped" }]);
});

test("headroom that swings around one threshold moves nobody back and forth", () => {
  for (let look = 0; look < 400; look += 1) {
    high.mib = look % 2 === 0 ? 515 : 535;
    host.look();
  }
  expect(host.told.filter(({ action }) => action === "clamp")).toHaveLength(2);
  expect(host.told.filter(({ action }) => action === "release")).toEqual([]);
});

test("who is clamped again soon after his release is held longer each time: no flapping every second", () => {
  for (let round = 0; round < 60; round += 1) {
    high.mib = 520;
    host.run(500);
    high.mib = 300;
    host.run(500);
  }
  const releases = host.told.filter(({ action, domain }) => action === "release" && domain === "low").length;
  expect(releases).toBeLessThan(5);
  high.mib = 300;
  host.run(6000);
  expect(host.stages()).toEqual({});
});

test("a clamp that lasts while there is some room gives way, to who is at it, and never into the reserve", () => {
  high.mib = 520;
  host.look();
  high.mib = 450;
  host.run(950);
  expect(host.look()).toEqual(["low relax spare", "low2 relax spare"]);
  // 200 MiB free, 68 of them above the threshold of 132, a quarter of that for each of two.
  expect([...host.files.values()]).toEqual([mib(267), mib(217)]);
});

test("a freeze that does not come about in 2.5 s is told, costs a tool call while memory is short, and others are frozen", () => {
  low2.freezesInMs = 60_000;
  low2.tools = [
    { directory: "/root/low2/tools/a", currentBytes: 10 * mebibyte },
    { directory: "/root/low2/tools/b", currentBytes: 90 * mebibyte },
  ];
  high.mib = 610;
  host.run(2500);
  expect(host.stages()).toEqual({ low: "frozen", low2: "freezing" });
  expect(host.killed).toEqual([]);
  host.run(100);
  const escalation = host.told.at(-1);
  expect([escalation?.action, escalation?.reason, escalation?.threshold]).toEqual(["escalate", "freeze_wait", 2500]);
  expect(host.killed).toEqual(["/root/low2/tools/b"]);
  expect(host.run(3000)).toEqual([]);
});

test("a freeze that does not come about kills nothing when memory is not short any more, and is taken back", () => {
  low2.freezesInMs = 60_000;
  low2.tools = [{ directory: "/root/low2/tools/a", currentBytes: 10 * mebibyte }];
  high.mib = 610;
  host.run(1000);
  high.mib = 480;
  host.run(2000);
  expect([host.killed, host.stages()["low2"]]).toEqual([[], "freezing"]);
  high.mib = 300;
  host.run(1000);
  expect([host.killed, host.stages()]).toEqual([[], {}]);
});

test("tool calls are killed last, when all are frozen and less than 1 % is left: the largest of the lowest class, one at a time", () => {
  low.tools = [{ directory: "/root/low/tools/a", currentBytes: 50 * mebibyte }];
  low2.tools = [{ directory: "/root/low2/tools/b", currentBytes: 60 * mebibyte }];
  high.mib = 610;
  host.run(200);
  high.mib = 645;
  expect(host.look()).toEqual(["low2 kill headroom"]);
  expect(host.told.at(-1)).toMatchObject({
    kill: "/root/low2/tools/b",
    threshold: 11 * mebibyte,
    from: "frozen",
    to: "frozen",
  });
  low2.tools = [];
  expect(host.run(450)).toEqual([]);
  expect(host.run(100)).toEqual(["low kill headroom"]);
  low.tools = [];
  expect(host.run(1000)).toEqual(["low2 exhausted headroom"]);
  expect(host.run(5000)).toEqual([]);
});

test("nothing is killed while somebody can still be frozen", () => {
  low.tools = [{ directory: "/root/low/tools/a", currentBytes: 50 * mebibyte }];
  low.freezesInMs = 200;
  high.mib = 648;
  expect(host.run(200).filter((line) => line.includes(" kill "))).toEqual([]);
});

test("a low session that never recovers goes on for a while every 30 s, and the second time it costs a tool call", () => {
  host.sessions = [high, low];
  low.tools = [{ directory: "/root/low/tools/a", currentBytes: 50 * mebibyte }];
  high.mib = 860;
  host.run(29_950);
  expect([host.stages(), host.killed]).toEqual([{ low: "frozen" }, []]);
  expect(host.run(200)).toEqual(["low thaw freeze_most"]);
  expect([host.stages(), host.files.get("/root/low/memory.high")]).toEqual([{ low: "clamped" }, mib(200)]);
  expect(host.run(1750)).toEqual([]);
  expect(host.run(200)).toEqual(["low freeze headroom", "low frozen confirmed"]);
  const again = host.run(31_000);
  expect(again.slice(0, 2)).toEqual(["low kill freeze_most", "low thaw freeze_most"]);
  expect(host.killed).toEqual(["/root/low/tools/a"]);
});

test("frozen sessions go on one after the other, never all at once", () => {
  high.mib = 610;
  host.run(31_000);
  expect(Object.values(host.stages()).toSorted()).toEqual(["clamped", "frozen"]);
});

test("a session that is removed in the middle is forgotten, and the rest goes its way", () => {
  high.mib = 610;
  host.run(200);
  host.sessions = [high, low];
  expect(host.look()).toEqual(["low2 forget gone"]);
  expect(host.stages()).toEqual({ low: "frozen" });
  high.mib = 300;
  host.run(500);
  expect([host.stages(), [...host.files]]).toEqual([{}, []]);
});

test("when the protected session has ended, whom nobody is protected from goes on at once", () => {
  host.sessions = [high, low];
  high.mib = 860;
  host.run(200);
  expect(host.stages()).toEqual({ low: "frozen" });
  high.inside = false;
  expect(host.look()).toEqual(["low release not_needed"]);
  expect([host.stages(), [...host.files]]).toEqual([{}, []]);
});

test("the protected session is never touched, whatever happens", () => {
  for (let look = 0; look < 2000; look += 1) {
    high.mib = 200 + ((look * 37) % 450);
    high.stallUs += (look * 7919) % 30_000;
    low.freezesInMs = (look * 13) % 4000;
    host.look();
  }
  expect(host.told.length).toBeGreaterThan(20);
  expect(host.told.filter((one) => JSON.stringify(one.writes).includes("/root/high"))).toEqual([]);
  expect(host.told.filter((one) => one.kill !== null)).toEqual([]);
});

test("thresholds are those of the settings, in the next look", () => {
  high.mib = 400;
  expect(host.look()).toEqual([]);
  host.settings = { ...plainMemory, clamp: { percent: 25, leastBytes: 0 }, release: { percent: 40, leastBytes: 0 } };
  expect(host.look()).toEqual(["low2 clamp headroom", "low clamp headroom"]);
});
