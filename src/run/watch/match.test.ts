import * as fc from "fast-check";
import { expect, test } from "vitest";
import { matchKeyNames } from "../../kernel/match/index.ts";
import type { MatchContext, MatchFacts, MatchKey, WatchConfig } from "./index.ts";
import { explainMatch, matchProcess, parseWatchConfig } from "./index.ts";

type Facts = { -readonly [K in keyof MatchFacts]: MatchFacts[K] };

const shell: Facts = {
  pid: 50,
  stat: { comm: "sh", ppid: 1, state: "S", numThreads: 1 },
  uids: { real: 0 },
  argv: ["/bin/sh", "build.sh"],
  exe: { path: "/usr/bin/dash" },
  cwd: { path: "/" },
  cgroup: "0::/system.slice\n",
  kernelThread: false,
  ageSec: 1000,
};

const encoder: Facts = {
  pid: 100,
  stat: { comm: "ffmpeg:1", ppid: 50, state: "R", numThreads: 4 },
  uids: { real: 1000 },
  argv: ["ffmpeg", "-i", "a b.mkv", "out.webm"],
  exe: { path: "/usr/bin/ffmpeg" },
  cwd: { path: "/srv/jobs/7" },
  cgroup: "4:memory:/jobs\n0::/user.slice/user-1000.slice/a.scope\n",
  kernelThread: false,
  ageSec: 60,
};

const context: MatchContext = { factsOf: (pid) => (pid === 50 ? shell : { ...shell, pid, stat: null, exe: null }) };

/** Rules as lines of flow YAML: the keys of each, its name being its number. */
const configOf = (...rules: readonly string[]): WatchConfig =>
  parseWatchConfig(
    ["version: 1", "rules:", ...rules.map((rule, index) => `  - { name: r${index}, ${rule} }`)].join("\n"),
    "w.yaml",
  );

const ruleFor = (facts: MatchFacts, ...rules: readonly string[]): string | null =>
  matchProcess(configOf(...rules), facts, context)?.rule.name ?? null;

const matches = (key: string, facts: MatchFacts = encoder): boolean => ruleFor(facts, `match: { ${key} }`) !== null;

/** [key as written, whether the encoder has it] */
test.each<[string, boolean]>([
  ['comm: "ffmpeg:1"', true],
  ['comm: "ffmpeg*"', true],
  ["comm: ffmpeg", false],
  ["exe: /usr/bin/ffmpeg", true],
  ["exe: /usr/*/ffmpeg", true],
  ["exe: /**/ffmpeg", true],
  ["exe: /usr/bin", false],
  ["exe: /*/ffmpeg", false],
  ['argv: "*-i*"', true],
  ['argv: "ffmpeg -i a b.mkv *"', true],
  ['argv: "-i"', false],
  ["user: root", false],
  ["uid: 1000", true],
  ["uid: 0", false],
  ["parent: sh", true],
  ['parent: "s?"', true],
  ["parent: /usr/bin/dash", true],
  ["parent: /bin/sh", false],
  ["parent: bash", false],
  ["cwd: /srv/jobs", true],
  ["cwd: /srv/jobs/", true],
  ["cwd: /srv/jobs/7", true],
  ["cwd: /", true],
  ["cwd: /srv/*/7", true],
  ["cwd: /srv/job", false],
  ["cwd: /srv/jobs/77", false],
  ['cgroup: "/user.slice/**"', true],
  ["cgroup: /jobs", true],
  ["cgroup: /user.slice", false],
  ["min_age: 60", true],
  ["min_age: 1m", true],
  ["min_age: 61s", false],
  ["max_age: 60s", true],
  ["max_age: 59s", false],
  // Several values are alternatives, several keys are demands.
  ["comm: [x, y, ffmpeg*]", true],
  ["comm: [x, y]", false],
  ["uid: [0, 1000]", true],
  ["comm: ffmpeg*, uid: 1000", true],
  ["comm: ffmpeg*, uid: 0", false],
  ["parent: [bash, /usr/bin/dash]", true],
])("{ %s } matches the encoder: %s", (key, expected) => {
  expect(matches(key)).toBe(expected);
});

test("a user is looked up by name when the file is read", () => {
  expect([
    matches("user: root", shell),
    matches("user: [daemon, root]", shell),
    matches("user: daemon", shell),
  ]).toEqual([true, true, false]);
});

test("the first rule that matches has the process", () => {
  expect(ruleFor(encoder, "match: { comm: x }", "match: { uid: 1000 }", "match: { comm: ffmpeg* }")).toBe("r1");
  expect(ruleFor(encoder, "match: { comm: x }", "match: { comm: y }")).toBeNull();
});

test("an exception leaves the process to the rules below", () => {
  const rules = [
    "match: { uid: 1000 }, except: [{ comm: x }, { cwd: /srv/jobs, max_age: 2m }]",
    "match: { uid: 1000 }",
  ];
  expect(ruleFor(encoder, ...rules)).toBe("r1");
  expect(ruleFor({ ...encoder, ageSec: 121 }, ...rules)).toBe("r0");
  expect(ruleFor({ ...encoder, cwd: { path: "/srv/jobs2" } }, ...rules)).toBe("r0");
});

/** A value of each key that the encoder has, and the encoder with that fact hidden. */
const hidden: Readonly<Record<MatchKey, readonly [value: string, facts: Partial<Facts>]>> = {
  comm: ["ffmpeg*", {}],
  min_age: ["1s", { ageSec: null }],
  max_age: ["1h", { ageSec: null }],
  uid: ["1000", { uids: null }],
  user: ["root", { uids: null }],
  argv: ["ffmpeg*", { argv: null }],
  cgroup: ["/jobs", { cgroup: null }],
  exe: ["/usr/bin/ffmpeg", { exe: null }],
  cwd: ["/srv", { cwd: null }],
  parent: ["sh", { stat: { comm: "ffmpeg:1", ppid: 7, state: "R", numThreads: 1 } }],
};

test.each(matchKeyNames.filter((key) => key !== "comm"))(
  "a process that hides what %s asks for matches no rule by it and is excepted by it",
  (key) => {
    const [value, change] = hidden[key];
    const secretive = { ...encoder, ...change };
    expect(ruleFor(secretive, `match: { ${key}: "${value}" }`.replace('"1000"', "1000"))).toBeNull();
    const except = `except: [{ ${key}: "${value}" }]`.replace('"1000"', "1000");
    expect(ruleFor(secretive, `match: { comm: ffmpeg* }, ${except}`)).toBeNull();
    // Whatever else the exception demands must hold for sure, or be hidden too.
    expect(ruleFor(secretive, `match: { comm: ffmpeg* }, ${except.replace("{ ", "{ comm: x, ")}`)).toBe("r0");
  },
);

test("an empty command line hides the arguments", () => {
  expect([matches('argv: "*"', { ...encoder, argv: [] }), matches('argv: "*"')]).toEqual([false, true]);
});

test("a parent without a readable program may still be known by its name", () => {
  const factsOf = (): MatchFacts => ({ ...shell, exe: null });
  const found = (...rules: readonly string[]) =>
    matchProcess(configOf(...rules), encoder, { factsOf })?.rule.name ?? null;
  expect([found("match: { parent: sh }"), found("match: { parent: /usr/bin/dash }")]).toEqual(["r0", null]);
  expect(found("match: { uid: 1000 }, except: [{ parent: [bash, /bin/x] }]")).toBeNull();
});

test.each<[string, Partial<Facts>]>([
  ["it is process 1", { pid: 1 }],
  ["it is a kernel thread", { kernelThread: true }],
  ["it is gone", { stat: null }],
  ["it is gone", { kernelThread: null }],
  ["it has ended", { stat: { comm: "x", ppid: 2, state: "Z", numThreads: 1 } }],
  ["it belongs to Corral", { pid: process.pid }],
  ["it belongs to Corral", { stat: { comm: "x", ppid: process.pid, state: "S", numThreads: 1 } }],
])("no rule has a process when %s", (leftAlone, change) => {
  const facts = { ...encoder, ...change };
  const config = configOf("match: { uid: 1000 }", 'match: { comm: "*" }');
  expect(matchProcess(config, facts, context)).toBeNull();
  expect(explainMatch(config, facts, context)).toMatchObject({ leftAlone, rule: null });
});

test("living threads of a leader that has ended are governed", () => {
  expect(matches("uid: 1000", { ...encoder, stat: { comm: "x", ppid: 2, state: "Z", numThreads: 2 } })).toBe(true);
});

test("the caller says which processes are Corrals", () => {
  const isCorral = ({ pid }: MatchFacts): boolean => pid === 100;
  expect(matchProcess(configOf("match: { uid: 1000 }"), encoder, { ...context, isCorral })).toBeNull();
});

/** Facts that keep a list of which were asked for. */
function recorded(facts: Facts): { readonly facts: MatchFacts; readonly asked: (keyof Facts)[] } {
  const asked: (keyof Facts)[] = [];
  const proxy = new Proxy(facts, {
    get: (target, name: keyof Facts) => {
      if (!asked.includes(name)) asked.push(name);
      return target[name];
    },
  });
  return { facts: proxy, asked };
}

test("only the facts that rules need are asked for, cheap ones first", () => {
  const needed = ["pid", "stat", "kernelThread"];
  const askedFor = (...rules: readonly string[]) => {
    const { facts, asked } = recorded({ ...encoder });
    matchProcess(configOf(...rules), facts, context);
    return asked.filter((name) => !needed.includes(name));
  };
  expect(askedFor("match: { comm: x, exe: /x, argv: x, cwd: /x, uid: 1 }")).toEqual([]);
  expect(askedFor("match: { exe: /x, cwd: /x, uid: 1 }")).toEqual(["uids"]);
  expect(askedFor("match: { cwd: /x, exe: /x, cgroup: /jobs, argv: ffmpeg* }")).toEqual(["argv", "cgroup", "exe"]);
  expect(askedFor("match: { comm: ffmpeg* }, except: [{ cwd: /srv }]")).toEqual(["cwd"]);
  expect(askedFor("match: { comm: ffmpeg* }", "match: { exe: /x }")).toEqual([]);
});

test("every rule sees one age, however long the judging takes", () => {
  let age = 0;
  const facts = {
    ...encoder,
    get ageSec() {
      age += 50;
      return age;
    },
  };
  expect(ruleFor(facts, "match: { min_age: 60 }", "match: { max_age: 60 }")).toBe("r1");
});

test("an explanation has every key of every rule, what was found, and what came of it", () => {
  const config = configOf(
    "match: { comm: [x, y] }",
    "match: { uid: 1000 }, except: [{ comm: x }, { cwd: /srv/jobs }]",
    'match: { parent: sh, cgroup: "/user.slice/**" }',
    "match: { comm: ffmpeg* }",
  );
  expect(explainMatch(config, { ...encoder, cwd: null }, context)).toEqual({
    pid: 100,
    leftAlone: null,
    rule: "r2",
    rules: [
      {
        name: "r0",
        verdict: "does_not_match",
        match: [{ key: "comm", wanted: ["x", "y"], found: "ffmpeg:1", holds: false }],
        except: [],
      },
      {
        name: "r1",
        verdict: "excepted",
        match: [{ key: "uid", wanted: [1000], found: "1000", holds: true }],
        except: [
          { holds: false, keys: [{ key: "comm", wanted: ["x"], found: "ffmpeg:1", holds: false }] },
          { holds: true, keys: [{ key: "cwd", wanted: ["/srv/jobs"], found: null, holds: null }] },
        ],
      },
      {
        name: "r2",
        verdict: "matches",
        match: [
          {
            key: "cgroup",
            wanted: ["/user.slice/**"],
            found: "/jobs, /user.slice/user-1000.slice/a.scope",
            holds: true,
          },
          { key: "parent", wanted: ["sh"], found: "/usr/bin/dash", holds: true },
        ],
        except: [],
      },
      {
        name: "r3",
        verdict: "matches",
        match: [{ key: "comm", wanted: ["ffmpeg*"], found: "ffmpeg:1", holds: true }],
        except: [],
      },
    ],
  });
});

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { freq: 3 });
const someFacts: fc.Arbitrary<MatchFacts> = fc.record({
  pid: fc.integer({ min: 1, max: 5 }),
  stat: maybe(
    fc.record({
      comm: fc.constantFrom("a", "b", "ab"),
      ppid: fc.integer({ min: 0, max: 5 }),
      state: fc.constantFrom("R", "S", "Z"),
      numThreads: fc.integer({ min: 1, max: 2 }),
    }),
  ),
  uids: maybe(fc.record({ real: fc.integer({ min: 0, max: 2 }) })),
  argv: maybe(fc.array(fc.constantFrom("a", "b"), { maxLength: 2 })),
  exe: maybe(fc.record({ path: fc.constantFrom("/a", "/a/b", "/b") })),
  cwd: maybe(fc.record({ path: fc.constantFrom("/", "/a", "/a/b", "/ab") })),
  cgroup: maybe(fc.constantFrom("0::/a\n", "1:cpu:/b\n0::/a/b\n", "")),
  kernelThread: maybe(fc.boolean()),
  ageSec: maybe(fc.integer({ min: 0, max: 3 })),
});
const someMatch = fc
  .record(
    {
      comm: fc.constantFrom("a", "a*", "?"),
      exe: fc.constantFrom("/a", "/a/*", "/**"),
      argv: fc.constantFrom("a*", "*b"),
      uid: fc.integer({ min: 0, max: 2 }),
      cwd: fc.constantFrom("/a", "/"),
      cgroup: fc.constantFrom("/a", "/a/**"),
      parent: fc.constantFrom("a", "/a"),
      min_age: fc.integer({ min: 0, max: 2 }),
    },
    { requiredKeys: [] },
  )
  .filter((keys) => Object.keys(keys).length > 0);
const someConfig = fc
  .array(fc.record({ match: someMatch, except: fc.array(someMatch, { maxLength: 2 }) }), { minLength: 1, maxLength: 3 })
  .map((rules) =>
    parseWatchConfig(
      JSON.stringify({ version: 1, rules: rules.map((rule, at) => ({ name: `r${at}`, ...rule })) }),
      "w",
    ),
  );

test("an explanation names the rule that matching finds", () => {
  fc.assert(
    fc.property(someConfig, fc.array(someFacts, { minLength: 1 }), (config, all) => {
      const factsOf = (pid: number): MatchFacts => all[pid % all.length] ?? shell;
      for (const facts of all) {
        const found = matchProcess(config, facts, { factsOf })?.rule.name ?? null;
        expect(explainMatch(config, facts, { factsOf }).rule).toBe(found);
      }
    }),
    { numRuns: 300 },
  );
});

test("hiding a fact never gets a process governed by a rule that did not govern it", () => {
  fc.assert(
    fc.property(
      someConfig,
      someFacts,
      fc.constantFrom("uids", "argv", "exe", "cwd", "cgroup", "ageSec"),
      (config, facts, fact) => {
        const [only] = config.rules;
        const one = { rules: only === undefined ? [] : [only] };
        const before = matchProcess(one, facts, context);
        expect(matchProcess(one, { ...facts, [fact]: null }, context) === null || before !== null).toBe(true);
      },
    ),
    { numRuns: 1000 },
  );
});
