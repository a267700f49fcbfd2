import { expect, test } from "vitest";
import { ConfigError } from "../../report/config/index.ts";
import { parseGuardConfig, plainGuardConfig } from "./config.ts";
import { builtinSessions, plainTools } from "./session-settings.ts";

const mib = 2 ** 20;

const problemsOf = (text: string): readonly string[] => {
  try {
    parseGuardConfig(text, "g.yaml");
  } catch (thrown) {
    if (thrown instanceof ConfigError) return thrown.toLine().split("\n");
    throw thrown;
  }
  return [];
};

test("a file that says nothing is what holds without a file", () => {
  expect(parseGuardConfig("version: 1", "g.yaml")).toEqual({ ...plainGuardConfig, file: "g.yaml" });
});

test("session_high and session_low are there with the weights of the original, 150 and 50", () => {
  expect(builtinSessions.map((one) => [one.name, one.class, one.owner, one.limits.cpuWeight])).toEqual([
    ["session_high", "high", 0, 150],
    ["session_low", "low", 0, 50],
  ]);
});

test("sessions, tenants and rules mean what is written, over the settings of all tools", () => {
  const config = parseGuardConfig(
    `
version: 1
cgroup_root: /sys/fs/cgroup/agents
freeze_most: 30s
tools:
  limits: { pids-max: 100 }
  ceilings: { memory: 512M }
  background: wait
sessions:
  - name: session_low
    limits: { memory-max: 1G }
  - name: alice.1
    uid: 1000
    class: besteffort
    limits: { cpu-weight: 20, cpu-quota: 150 }
    tools: { ceilings: { cpu: 50 }, time: 1m, wait: 2s }
    ttl: 2h
tenants:
  - uid: 1000
    ceilings: { memory-max: 2G }
placement:
  - name: agents
    session: alice.1
    match: { uid: 1000, comm: agent }
    except: [{ argv: "* --help" }]
`,
    "g.yaml",
  );
  const tools = { ...plainTools, limits: { pidsMax: 100 }, ceilings: { memoryBytes: 512 * mib }, background: "wait" };
  const [high, low, alice] = config.sessions;
  expect(high).toEqual({ ...builtinSessions[0], tools });
  expect(low).toMatchObject({ class: "low", owner: 0, origin: "file", tools });
  expect(low?.limits).toEqual({ cpuWeight: 50, pidsMax: 2048, memoryMax: 1024 * mib });
  expect(alice).toEqual({
    name: "alice.1",
    class: "besteffort",
    owner: 1000,
    limits: { cpuWeight: 20, pidsMax: 2048, cpuMax: { quotaUs: 150_000, periodUs: 100_000 } },
    tools: { ...tools, ceilings: { memoryBytes: 512 * mib, cpuPercent: 50 }, timeMs: 60_000, waitMs: 2000 },
    ttlMs: 7_200_000,
    origin: "file",
  });
  expect(config.tenants).toEqual([
    { uid: 1000, class: "normal", mostSessions: 4, ceilings: { memoryMax: 2048 * mib } },
  ]);
  expect(
    config.placement.map(({ name, session, match, except }) => [name, session, match.length, except.length]),
  ).toEqual([["agents", "alice.1", 2, 1]]);
  expect([config.cgroupRoot, config.freezeMostMs]).toEqual(["/sys/fs/cgroup/agents", 30_000]);
});

test("what is written of CPUs goes over what holds anyway, class by class", () => {
  const { cpu } = parseGuardConfig(
    "version: 1\ncpu: { backend: scx, boost: { high: none, low: 5ms/1s }, interval: 500ms, slice_us: 2000, full: true, watchdog: 5 }",
    "g.yaml",
  );
  expect(cpu).toEqual({
    backend: "scx",
    boosts: { high: null, normal: null, low: { budgetMs: 5, periodMs: 1000 }, besteffort: null },
    scheduler: { sliceUs: 2000, fifo: false, full: true, intervalMs: 500, timeoutMs: 5000 },
  });
  expect(plainGuardConfig.cpu.boosts.high).toEqual({ budgetMs: 20, periodMs: 100 });
});

test("mistakes in what is written of CPUs are told with their places", () => {
  const text =
    "version: 1\ncpu:\n  backend: cfs\n  boost: { high: 200ms/100ms, best: none }\n  interval: 1ms\n  watchdog: 31s\n  slice_us: 99\n";
  expect(problemsOf(text)).toEqual([
    'g.yaml:3:12: cpu.backend expects one of fair, scx, not "cfs"',
    'g.yaml:4:18: cpu.boost.high expects a budget above 0 and at most the period: "200ms/100ms"',
    "g.yaml:4:31: cpu.boost.best is not a key here; did you mean besteffort?",
    'g.yaml:5:13: cpu.interval expects 100ms to 1h, not "1ms"',
    'g.yaml:6:13: cpu.watchdog expects 1s to 30s, not "31s"',
    "g.yaml:7:13: cpu.slice_us expects microseconds from 100 to 1000000, not 99",
  ]);
});

const selfChosen =
  "needs one of exe, user, uid, cgroup, parent (a parent by its path): names and arguments are chosen by the process itself";
const rule = (match: string): string =>
  `version: 1\nplacement:\n  - name: r\n    session: session_high\n    match: ${match}`;

test.each([
  "{ comm: claude }",
  "{ argv: '*claude*' }",
  "{ parent: bash }",
  "{ parent: [bash, /usr/bin/bash] }",
  "{ cwd: /x }",
])("a rule that rests on what a process chooses itself, %s, places nobody", (match) => {
  expect(problemsOf(rule(match))).toEqual([`g.yaml:5:12: placement[0].match ${selfChosen}`]);
});

test.each([
  "{ exe: /usr/bin/claude }",
  "{ uid: 1000, comm: claude }",
  "{ parent: /usr/bin/tmux }",
  "{ cgroup: /docker/* }",
])("a rule that rests on what a process cannot make up, %s, is taken", (match) => {
  expect(problemsOf(rule(match))).toEqual([]);
});

test("one reading tells what is wrong with values and what is wrong between the others", () => {
  const text = `version: 1
freeze_most: soon
sessions:
  - { name: a, class: best }
  - { name: a, limits: { memory-max: 1G, memory-low: 2G } }
  - { name: ../x, class: low }
  - 7
tenants:
  - { uid: 1000, class: low }
  - { uid: 1000, most_sessions: none }
  - { class: low }
placement:
  - { name: r, session: nowhere, match: { uid: 1 } }
  - { name: r, session: a, match: { uid: 1 } }
  - { name: s, session: ../x, match: { uid: 1 } }
`;
  expect(problemsOf(text)).toEqual([
    'g.yaml:2:14: freeze_most expects a duration such as 500ms, 10s or 5m, not "soon"',
    'g.yaml:4:23: sessions[0].class expects one of high, normal, low, besteffort, not "best"',
    'g.yaml:5:13: sessions[1].name is the name of sessions[0] already: "a"',
    "g.yaml:5:42: sessions[1].limits.memory-low is above the memory limit; lower it or raise sessions[1].limits.memory-max",
    'g.yaml:6:13: sessions[2].name expects 1 to 64 of A-Z a-z 0-9 _ . @ : -, not a dot or dash first, not "../x"',
    "g.yaml:7:5: sessions[3] expects keys and values, not 7",
    "g.yaml:10:12: tenants[1].uid is the user of tenants[0] already: 1000",
    'g.yaml:10:33: tenants[1].most_sessions expects a number of sessions from 1 to 1000, not "none"',
    "g.yaml:11:5: tenants[2] names no user; give user or uid",
    'g.yaml:13:25: placement[0].session names no session of this file: "nowhere"',
    'g.yaml:14:13: placement[1].name is the name of placement[0] already: "r"',
    'g.yaml:15:25: placement[2].session expects 1 to 64 of A-Z a-z 0-9 _ . @ : -, not a dot or dash first, not "../x"',
  ]);
});

test("a mistake is not told once more as what follows of it", () => {
  expect(problemsOf("version: 1\ntools: { limits: { cpu-quota: much, cpu-burst: 1ms } }")).toEqual([
    'g.yaml:2:31: tools.limits.cpu-quota expects a number from 1 to 1000000, not "much"',
  ]);
  expect(problemsOf("version: 1\ntools: { time: soon, limits: { cpu-burst: 1ms } }")).toEqual([
    'g.yaml:2:16: tools.time expects a duration such as 500ms, 10s or 5m, not "soon"',
    "g.yaml:2:32: tools.limits.cpu-burst needs a quota; add tools.limits.cpu-quota",
  ]);
  expect(problemsOf("version: 1\nsessions: 7\nplacement: [{ name: r, session: a, match: { uid: 1 } }]").length).toBe(1);
});

test("a user has one entry below tenants, by name or by number", () => {
  expect(problemsOf("version: 1\ntenants: [{ user: root }, { uid: 0 }]")).toEqual([
    "g.yaml:2:34: tenants[1].uid is the user of tenants[0] already: 0",
  ]);
});

const mistakes: readonly (readonly [string, readonly string[]])[] = [
  ["version: 2", ["g.yaml:1:10: version expects 1, the version of this format, not 2"]],
  ["version: 1\nwarm_moves: often", ['g.yaml:2:13: warm_moves expects auto, always or never, not "often"']],
  ["version: 1\nsession: []", ["g.yaml:2:1: session is not a key here; did you mean sessions?"]],
  [
    "version: 1\nsessions:\n  - name: ../x",
    ['g.yaml:3:11: sessions[0].name expects 1 to 64 of A-Z a-z 0-9 _ . @ : -, not a dot or dash first, not "../x"'],
  ],
  [
    "version: 1\nsessions:\n  - name: a\n  - name: a",
    ['g.yaml:4:11: sessions[1].name is the name of sessions[0] already: "a"'],
  ],
  [
    "version: 1\nsessions:\n  - name: a\n    limits: { memory-max: 1G, memory-low: 2G }",
    [
      "g.yaml:4:31: sessions[0].limits.memory-low is above the memory limit; lower it or raise sessions[0].limits.memory-max",
    ],
  ],
  [
    "version: 1\nmemory: { policy: best, tick: soon, oom_bias: 2000 }",
    [
      'g.yaml:2:19: memory.policy expects one of none, static, high-only, fallback, two-stage, not "best"',
      'g.yaml:2:31: memory.tick expects a duration such as 500ms, 10s or 5m, not "soon"',
      "g.yaml:2:47: memory.oom_bias expects a score from 0 to 1000, not 2000",
    ],
  ],
  [
    "version: 1\nmemory: { tick: 1ms, dwell: 0s }",
    [
      'g.yaml:2:17: memory.tick expects a duration of at least 5ms, not "1ms"',
      'g.yaml:2:29: memory.dwell expects a duration above zero, not "0s"',
    ],
  ],
  ["version: 1\nmemory: { admission_wait: 0s, reclaim_idle: 0s }\nlisten: 1", [expect.stringContaining("g.yaml:3:9")]],
  [
    "version: 1\nmemory: { clamp_headroom: 10, release_headroom: 10 }",
    ["g.yaml:2:31: memory.release_headroom must be above memory.clamp_headroom: 10 is not above 10"],
  ],
  ["version: 1\ntenants:\n  - class: low", ["g.yaml:3:5: tenants[0] names no user; give user or uid"]],
  [
    "version: 1\nplacement:\n  - name: r\n    session: nowhere\n    match: { uid: 1 }",
    ['g.yaml:4:14: placement[0].session names no session of this file: "nowhere"'],
  ],
  [
    "version: 1\nlisten: here",
    [
      'g.yaml:2:9: listen is no address to listen on: "here"; write ADDRESS:PORT with an IP address, such as 127.0.0.1:9091 or [::1]:9091, or unix:/PATH',
    ],
  ],
];

test.each(mistakes)("%j is refused with its line and column", (text, problems) => {
  expect(problemsOf(text)).toEqual(problems);
});
