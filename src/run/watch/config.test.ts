import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as fc from "fast-check";
import { afterAll, expect, test } from "vitest";
import { ConfigError } from "../../report/config/index.ts";
import { CorralError } from "../../report/index.ts";
import { settingNames } from "../settings/index.ts";
import { noAttributes } from "../spec.ts";
import type { WatchConfig, WatchRule } from "./index.ts";
import { loadWatchConfig, parseWatchConfig } from "./index.ts";

const directory = mkdtempSync(join(tmpdir(), "corral-watch-config-"));
afterAll(() => rmSync(directory, { recursive: true }));

const parse = (text: string): WatchConfig => parseWatchConfig(text, "w.yaml");

/** The lines a text is refused with; none when it is accepted. */
function problemsOf(text: string): readonly string[] {
  try {
    parse(text);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    return thrown.toLine().split("\n");
  }
}

/** A file whose only rule has these lines beside its name. */
const withRule = (...lines: readonly string[]): string =>
  ["version: 1", "rules:", "  - name: r", ...lines.map((line) => `    ${line}`), ""].join("\n");
const anything = "match: { comm: x }";

/** What the rules of a file say, without the compiled conditions. */
const said = ({ match, except, ...rule }: WatchRule) => ({
  ...rule,
  match: match.map(({ key, wanted }) => ({ key, wanted })),
  except: except.map((one) => one.map(({ key, wanted }) => ({ key, wanted }))),
});

const plainRule: ReturnType<typeof said> = {
  name: "r",
  match: [{ key: "comm", wanted: ["x"] }],
  except: [],
  limits: {},
  attributes: noAttributes,
  strict: false,
  intent: null,
  slaEligible: false,
  tags: {},
  tree: true,
  keepLimits: false,
  forceMove: false,
};

const ruleOf = (text: string) => said(parse(text).rules[0] as WatchRule);

test("the shortest file is one rule with one key, and everything else has its default", () => {
  const { rules, ...rest } = parse(withRule(anything));
  expect(rest).toEqual({
    file: "w.yaml",
    discovery: "auto",
    scanIntervalMs: 10_000,
    listen: null,
    retry: { attempts: 5, initialMs: 1000, maxMs: 300_000 },
  });
  expect(rules.map(said)).toEqual([plainRule]);
});

test("every key of a file has an effect", () => {
  const config = parse(`
version: 1
discovery: scan
scan_interval: 500ms
listen: 127.0.0.1:9091
retry: { attempts: 3, initial: 2, max: 1m }
defaults: { tags: { host: a, team: none }, strict: true, limits: { nice: 1, pids-max: 5 }, keep_limits: true }
rules:
  - name: encoders
    match:
      exe: /usr/bin/ffmpeg
      comm: "ffmpeg*"
      argv: ["*-i*", "*-y*"]
      user: [root]
      uid: [0, 1000]
      parent: ["/usr/bin/make", "sh"]
      cwd: /srv/jobs
      cgroup: "/user.slice/**"
      min_age: 5s
      max_age: 1h
    except:
      - { comm: nice, uid: 5 }
      - cwd: /srv/jobs/free
    limits: { cpu-quota: 200, memory-limit: 2G, nice: 10, rlimit: ["core=0"], cpuset: 0, oom-group: true }
    preset: low
    strict: false
    intent: production
    sla_eligible: true
    tags: { team: video }
    tree: false
    keep_limits: false
    force_move: true
`);
  const { rules, ...rest } = config;
  expect(rest).toEqual({
    file: "w.yaml",
    discovery: "scan",
    scanIntervalMs: 500,
    listen: "127.0.0.1:9091",
    retry: { attempts: 3, initialMs: 2000, maxMs: 60_000 },
  });
  expect(rules.map(said)).toEqual([
    {
      name: "encoders",
      match: [
        { key: "comm", wanted: ["ffmpeg*"] },
        { key: "min_age", wanted: ["5s"] },
        { key: "max_age", wanted: ["1h"] },
        { key: "uid", wanted: [0, 1000] },
        { key: "user", wanted: ["root"] },
        { key: "argv", wanted: ["*-i*", "*-y*"] },
        { key: "cgroup", wanted: ["/user.slice/**"] },
        { key: "exe", wanted: ["/usr/bin/ffmpeg"] },
        { key: "cwd", wanted: ["/srv/jobs"] },
        { key: "parent", wanted: ["/usr/bin/make", "sh"] },
      ],
      except: [
        [
          { key: "comm", wanted: ["nice"] },
          { key: "uid", wanted: [5] },
        ],
        [{ key: "cwd", wanted: ["/srv/jobs/free"] }],
      ],
      limits: {
        cpuMax: { quotaUs: 200_000, periodUs: 100_000 },
        cpuWeight: 50,
        cpusetCpus: "0",
        memoryMax: 2 ** 31,
        oomGroup: true,
        pidsMax: 5,
      },
      attributes: { ...noAttributes, nice: 10, rlimits: [{ resource: "core", soft: 0, hard: 0 }] },
      strict: false,
      intent: "production",
      slaEligible: true,
      tags: { host: "a", team: "video" },
      tree: false,
      keepLimits: false,
      forceMove: true,
    },
  ]);
});

/** [defaults, rule, the limits and attributes that come of them] */
test.each<[string, string, object, object]>([
  ["limits: { nice: 1 }", "limits: { pids-max: 2 }", { pidsMax: 2 }, { nice: 1 }],
  ["limits: { nice: 1 }", "limits: { nice: 2 }", {}, { nice: 2 }],
  ["limits: { nice: 1 }", "preset: low", { cpuWeight: 50 }, { nice: 10 }],
  ["preset: low", "limits: { nice: 2 }", { cpuWeight: 50 }, { nice: 2 }],
  ["preset: low", "preset: default", { cpuWeight: 50 }, { nice: 10 }],
  [
    "preset: low",
    "preset: balanced",
    { cpuWeight: 50, cpuMax: { quotaUs: 400_000, periodUs: 100_000 }, memoryMax: 2 ** 32 },
    { nice: 10 },
  ],
  ["limits: { cpu-quota: 50 }", 'limits: { cpu-max: "max" }', { cpuMax: { quotaUs: "max", periodUs: 100_000 } }, {}],
  ["limits: { memory-limit: 64 }", "limits: { memory-max: 4096 }", { memoryMax: 4096 }, {}],
  ["limits: { cpu-idle: true }", "limits: { cpu-weight: 5 }", { cpuWeight: 5 }, {}],
  ["limits: { cpu-idle: true }", "limits: { cpu-idle: false }", { cpuIdle: false }, {}],
  [
    "limits: { cpu-burst: 1ms }",
    "limits: { cpu-quota: 5 }",
    { cpuBurstUs: 1000, cpuMax: { quotaUs: 5000, periodUs: 100_000 } },
    {},
  ],
  [
    'limits: { rlimit: "core=0" }',
    'limits: { rlimit: ["nofile=5"] }',
    {},
    { rlimits: [{ resource: "nofile", soft: 5, hard: 5 }] },
  ],
])("%s below %s", (defaults, rule, limits, attributes) => {
  const text = `defaults: { ${defaults} }\n${withRule(anything, rule)}`;
  expect(ruleOf(text)).toEqual({ ...plainRule, limits, attributes: { ...noAttributes, ...attributes } });
});

test.each<[string, string, Partial<typeof plainRule>]>([
  ["tags: { a: x, b: x }", "tags: { b: y }", { tags: { a: "x", b: "y" } }],
  ["tree: false", "tree: true", { tree: true }],
  ["tree: false", "strict: true", { tree: false, strict: true }],
  ["intent: soak, sla_eligible: true", "force_move: true", { intent: "soak", slaEligible: true, forceMove: true }],
])("%s below %s says %o", (defaults, rule, change) => {
  expect(ruleOf(`defaults: { ${defaults} }\n${withRule(anything, rule)}`)).toEqual({ ...plainRule, ...change });
});

test("anchors and aliases are followed", () => {
  const text = `
version: 1
rules:
  - name: a
    match: { comm: a }
    limits: &small { nice: 5 }
  - name: b
    match: { comm: b }
    limits: *small
`;
  expect(parse(text).rules.map(({ attributes }) => attributes.nice)).toEqual([5, 5]);
});

const keysOfMatch = "comm, exe, argv, user, uid, parent, cwd, cgroup, min_age, max_age";
const path = 'expects an absolute path, such as /usr/bin/ffmpeg or /**/ffmpeg, not "x"';

/** [text, every line of the refusal] */
test.each<[string, readonly string[]]>([
  // The whole file.
  ["", ["w.yaml:1:1: the file expects keys and values, not nothing"]],
  ["[]", ["w.yaml:1:1: the file expects keys and values, not a list"]],
  ["{}", ["w.yaml:1:1: version is missing", "w.yaml:1:1: rules is missing"]],
  ["a: b: c", ["w.yaml:1:4: YAML: Nested mappings are not allowed in compact mappings"]],
  ["version: 1\nversion: 1", ["w.yaml:2:1: YAML: Map keys must be unique"]],
  ["? [a]\n: 1", ["w.yaml:1:3: YAML: With stringKeys, all keys must be strings"]],
  ["--- {}\n--- {}", ["w.yaml:2:1: YAML: Source contains multiple documents; please use YAML.parseAllDocuments()"]],
  ["version: !x 1", ["w.yaml:1:10: YAML: Unresolved tag: !x"]],
  ["version: *x", ["w.yaml:1:10: YAML: this alias has no anchor before it"]],
  ["\tversion: 1", ["w.yaml:1:1: YAML: Tabs are not allowed as indentation"]],
  // Keys of the top.
  [withRule(anything).replace("1", '"1"'), ['w.yaml:1:10: version expects 1, the version of this format, not "1"']],
  [`discovery: bpf\n${withRule(anything)}`, ['w.yaml:1:12: discovery expects one of auto, events, scan, not "bpf"']],
  [
    `scan_interval: 99ms\n${withRule(anything)}`,
    ['w.yaml:1:16: scan_interval expects a duration from 100ms to 1h, not "99ms"'],
  ],
  [
    `scan_interval: soon\n${withRule(anything)}`,
    ['w.yaml:1:16: scan_interval expects a duration such as 500ms, 10s or 5m, not "soon"'],
  ],
  [`scan_interval:\n${withRule(anything)}`, ["w.yaml:1:15: scan_interval expects a duration such as 10s, not nothing"]],
  [
    `listen: localhost:9091\n${withRule(anything)}`,
    [
      'w.yaml:1:9: listen is no address to listen on: "localhost:9091"; write ADDRESS:PORT with an IP address, such as 127.0.0.1:9091 or [::1]:9091, or unix:/PATH',
    ],
  ],
  [
    `listen: 9091\n${withRule(anything)}`,
    ["w.yaml:1:9: listen expects a text (in quotes, where it looks like a number), not 9091"],
  ],
  [
    `retry: { attempts: 101 }\n${withRule(anything)}`,
    ["w.yaml:1:20: retry.attempts expects a whole number from 1 to 100, not 101"],
  ],
  [
    `retry: { initial: 0 }\n${withRule(anything)}`,
    ['w.yaml:1:19: retry.initial expects a duration above zero, not "0"'],
  ],
  [`retry: { initial: 6m }\n${withRule(anything)}`, ["w.yaml:1:8: retry has an initial pause above its max"]],
  [
    `retry: { tries: 1 }\n${withRule(anything)}`,
    ["w.yaml:1:10: retry.tries is not a key here; these are: attempts, initial, max"],
  ],
  [
    `scan-interval: 1s\n${withRule(anything)}`,
    ["w.yaml:1:1: scan-interval is not a key here; did you mean scan_interval?"],
  ],
  [
    `cpu_quota: 5\n${withRule(anything)}`,
    [
      "w.yaml:1:1: cpu_quota is not a key here; these are: version, discovery, scan_interval, listen, retry, defaults, rules",
    ],
  ],
  [
    `defaults: { name: x }\n${withRule(anything)}`,
    [
      "w.yaml:1:13: defaults.name is not a key here; these are: limits, preset, strict, intent, sla_eligible, tags, tree, keep_limits, force_move",
    ],
  ],
  ["version: 1\nrules: []", ["w.yaml:2:8: rules needs at least one rule"]],
  ["version: 1\nrules: {}", ["w.yaml:2:8: rules expects a list of rules, not keys and values"]],
  ["version: 1\nrules: [[]]", ["w.yaml:2:9: rules[0] expects keys and values, not a list"]],
  [
    "version: 1\nrules:\n  - comm: x",
    [
      "w.yaml:3:5: rules[0].comm is not a key here; these are: name, match, except, limits, preset, strict, intent, sla_eligible, tags, tree, keep_limits, force_move",
      "w.yaml:3:5: rules[0].name is missing",
      "w.yaml:3:5: rules[0].match is missing",
    ],
  ],
  // A rule.
  [
    "version: 1\nrules: [{ name: a/b, match: { comm: x } }]",
    ['w.yaml:2:17: rules[0].name expects 1 to 128 of the characters A-Z a-z 0-9 . _ : @ -, not "a/b"'],
  ],
  [
    "version: 1\nrules: [{ name: 7, match: { comm: x } }]",
    ["w.yaml:2:17: rules[0].name expects a text (in quotes, where it looks like a number), not 7"],
  ],
  [
    "version: 1\nrules: [{ name: a, match: { comm: x } }, { name: a, match: { comm: y } }]",
    ['w.yaml:2:50: rules[1].name is the name of rules[0] already: "a"'],
  ],
  [
    "version: 1\nrules: [{ name: a, match: {} }, { name: a, math: { comm: y } }, { name: a, match: { exe: y } }, 7, null]",
    [
      "w.yaml:2:27: rules[0].match needs at least one key: comm, min_age, max_age, uid, user, argv, cgroup, exe, cwd, parent",
      "w.yaml:2:33: rules[1].match is missing",
      'w.yaml:2:41: rules[1].name is the name of rules[0] already: "a"',
      "w.yaml:2:44: rules[1].math is not a key here; did you mean match?",
      'w.yaml:2:73: rules[2].name is the name of rules[0] already: "a"',
      'w.yaml:2:90: rules[2].match.exe expects an absolute path, such as /usr/bin/ffmpeg or /**/ffmpeg, not "y"',
      "w.yaml:2:97: rules[3] expects keys and values, not 7",
      "w.yaml:2:100: rules[4] expects keys and values, not nothing",
    ],
  ],
  [
    withRule("match: {}"),
    [
      "w.yaml:4:12: rules[0].match needs at least one key: comm, min_age, max_age, uid, user, argv, cgroup, exe, cwd, parent",
    ],
  ],
  [withRule("match:"), ["w.yaml:4:11: rules[0].match expects keys and values, not nothing"]],
  [withRule("match: { name: x }"), [`w.yaml:4:14: rules[0].match.name is not a key here; these are: ${keysOfMatch}`]],
  [
    withRule("match: { __proto__: x, comm: x }"),
    [`w.yaml:4:14: rules[0].match.__proto__ is not a key here; these are: ${keysOfMatch}`],
  ],
  [
    withRule("match: { comm: [] }"),
    ["w.yaml:4:20: rules[0].match.comm needs at least one value; leave the key out instead"],
  ],
  [withRule("match: { comm: 7 }"), ["w.yaml:4:20: rules[0].match.comm expects a pattern, or a list of them, not 7"]],
  [
    withRule("match: { comm: [x, 7] }"),
    ["w.yaml:4:24: rules[0].match.comm[1] expects a text (in quotes, where it looks like a number), not 7"],
  ],
  [withRule('match: { comm: "" }'), ["w.yaml:4:20: rules[0].match.comm must not be empty"]],
  [
    withRule("match: { comm: [x, gnome-terminal-server] }"),
    [
      'w.yaml:4:24: rules[0].match.comm[1] is longer than the 15 bytes that a process has as its name, so that it never fits: "gnome-terminal-server"; cut it, and end it with *',
    ],
  ],
  [
    withRule("match: { parent: gnome-terminal-server }"),
    [
      'w.yaml:4:22: rules[0].match.parent is longer than the 15 bytes that a process has as its name, so that it never fits: "gnome-terminal-server"; cut it, and end it with *',
    ],
  ],
  [withRule('match: { argv: "[" }'), ['w.yaml:4:20: rules[0].match.argv has a [ without its ]: "["']],
  [withRule("match: { exe: x }"), [`w.yaml:4:19: rules[0].match.exe ${path}`]],
  [withRule("match: { cwd: [/a, x] }"), [`w.yaml:4:24: rules[0].match.cwd[1] ${path}`]],
  [withRule("match: { cgroup: x }"), [`w.yaml:4:22: rules[0].match.cgroup ${path}`]],
  [
    withRule("match: { parent: ./a }"),
    ['w.yaml:4:22: rules[0].match.parent expects an absolute path, such as /usr/bin/ffmpeg or /**/ffmpeg, not "./a"'],
  ],
  [withRule('match: { user: "no such user!" }'), ['w.yaml:4:20: rules[0].match.user names no user: "no such user!"']],
  [
    withRule("match: { uid: root }"),
    ['w.yaml:4:19: rules[0].match.uid expects a user id, or a list of them, not "root"'],
  ],
  [
    withRule("match: { uid: -1 }"),
    ["w.yaml:4:19: rules[0].match.uid expects a user id, a whole number from 0 to 4294967294, not -1"],
  ],
  [
    withRule("match: { min_age: x }"),
    ['w.yaml:4:23: rules[0].match.min_age expects a duration such as 500ms, 10s or 5m, not "x"'],
  ],
  [
    withRule("match: { max_age: [1s] }"),
    ["w.yaml:4:23: rules[0].match.max_age expects a duration such as 10s, not a list"],
  ],
  [
    withRule("match: { min_age: 2m, max_age: 1m }"),
    ["w.yaml:4:12: rules[0].match has a min_age above its max_age, which no process fits"],
  ],
  [
    withRule(anything, "except: { comm: x }"),
    ["w.yaml:5:13: rules[0].except expects a list of exceptions, not keys and values"],
  ],
  [
    withRule(anything, "except:", "  - {}"),
    [
      "w.yaml:6:9: rules[0].except[0] needs at least one key: comm, min_age, max_age, uid, user, argv, cgroup, exe, cwd, parent",
    ],
  ],
  [
    withRule(anything, "preset: fast"),
    ['w.yaml:5:13: rules[0].preset expects one of default, low, high, memory, balanced, not "fast"'],
  ],
  [
    withRule(anything, "intent: prod"),
    ['w.yaml:5:13: rules[0].intent expects one of production, test, experiment, soak, not "prod"'],
  ],
  ...["strict", "sla_eligible", "tree", "keep_limits", "force_move"].map((key): [string, string[]] => [
    withRule(anything, `${key}: yes`),
    [`w.yaml:5:${key.length + 7}: rules[0].${key} expects true or false, not "yes"`],
  ]),
  [withRule(anything, "tags: [a]"), ["w.yaml:5:11: rules[0].tags expects keys and values, not a list"]],
  [
    withRule(anything, "tags: { a: 1 }"),
    ["w.yaml:5:16: rules[0].tags.a expects a text (in quotes, where it looks like a number), not 1"],
  ],
  [
    withRule(anything, 'tags: { "a b": 1 }'),
    ['w.yaml:5:20: rules[0].tags."a b" expects a text (in quotes, where it looks like a number), not 1'],
  ],
  [
    withRule(anything, "tags: { constructor: x }"),
    ["w.yaml:5:13: rules[0].tags.constructor is not a name that can be used"],
  ],
  // Limits, alone and together.
  [withRule(anything, "limits: []"), ["w.yaml:5:13: rules[0].limits expects keys and values, not a list"]],
  [
    withRule(anything, "limits: { cpu_quota: 5 }"),
    ["w.yaml:5:15: rules[0].limits.cpu_quota is not a key here; did you mean cpu-quota?"],
  ],
  [
    withRule(anything, "limits: { timeout: 5 }"),
    [`w.yaml:5:15: rules[0].limits.timeout is not a key here; these are: ${settingNames.join(", ")}`],
  ],
  [
    withRule(anything, "limits: { nice: 20 }"),
    ['w.yaml:5:21: rules[0].limits.nice expects a whole number from -20 to 19, not "20"'],
  ],
  [
    withRule(anything, "limits: { cpu-idle: 1 }"),
    ["w.yaml:5:25: rules[0].limits.cpu-idle expects true or false, not 1"],
  ],
  [
    withRule(anything, "limits: { memory-high: 64 }"),
    ['w.yaml:5:28: rules[0].limits.memory-high needs a unit, such as 64M; "64" could mean bytes or MiB'],
  ],
  [
    withRule(anything, "limits: { rlimit: [core=0, x] }"),
    ['w.yaml:5:32: rules[0].limits.rlimit[1] expects NAME=SOFT or NAME=SOFT:HARD, such as nofile=1024:4096, not "x"'],
  ],
  [
    withRule(anything, "limits: { cpu-quota: 5, cpu-max: max }"),
    ["w.yaml:5:29: rules[0].limits.cpu-quota and rules[0].limits.cpu-max set the same thing; give one of them"],
  ],
  [
    withRule(anything, "limits: { cpu-burst: 1ms }"),
    ["w.yaml:5:15: rules[0].limits.cpu-burst needs a quota; add rules[0].limits.cpu-quota"],
  ],
  [
    `defaults: { limits: { cpu-burst: 1ms } }\n${withRule(anything)}`,
    ["w.yaml:1:23: defaults.limits.cpu-burst needs a quota; add rules[0].limits.cpu-quota"],
  ],
  [
    `defaults: { preset: memory }\n${withRule(anything, "limits: { memory-min: 4G }")}`,
    ["w.yaml:6:15: rules[0].limits.memory-min is above the memory limit; lower it or raise defaults.preset"],
  ],
])("%j is refused, each mistake at its place", (text, lines) => {
  expect(problemsOf(text)).toEqual(lines);
});

test("all mistakes of a file are told at once, in the order of its lines, whatever their kind", () => {
  const text = `version: 1
defaults:
  limits: { nice: 20 }
rules:
  - name: a
    match: { comm: x }
    limits: { cpu-burst: 1ms }
  - name: b
    match: { exe: x }
  - name: a
    match: { comm: y }
`;
  expect(problemsOf(text)).toEqual([
    'w.yaml:3:19: defaults.limits.nice expects a whole number from -20 to 19, not "20"',
    'w.yaml:9:19: rules[1].match.exe expects an absolute path, such as /usr/bin/ffmpeg or /**/ffmpeg, not "x"',
    'w.yaml:10:11: rules[2].name is the name of rules[0] already: "a"',
  ]);
  expect(problemsOf(text.replace("nice: 20", "nice: 1"))[0]).toBe(
    "w.yaml:7:15: rules[0].limits.cpu-burst needs a quota; add rules[0].limits.cpu-quota",
  );
});

test("a mistake that rules inherit is told once, where it was written", () => {
  const rules = ["a", "b", "c"].map((name) => `  - { name: ${name}, match: { comm: ${name} } }`).join("\n");
  expect(problemsOf(`version: 1\ndefaults: { limits: { cpu-quota: 5, cpu-max: max } }\nrules:\n${rules}`)).toEqual([
    "w.yaml:2:37: defaults.limits.cpu-quota and defaults.limits.cpu-max set the same thing; give one of them",
  ]);
});

test("a mistake behind an alias is told where it was written", () => {
  const text = "version: 1\nrules:\n  - { name: a, match: &m { exe: x } }\n  - { name: b, match: *m }\n";
  expect(problemsOf(text)).toEqual([
    `w.yaml:3:33: rules[0].match.exe ${path}`,
    `w.yaml:3:33: rules[1].match.exe ${path}`,
  ]);
});

test("aliases that would make too much of a small file, or that contain themselves, are refused", () => {
  const levels = Array.from({ length: 9 }, (_, level) => {
    const below = level === 0 ? "x" : `*l${level - 1}`;
    return `  l${level}: &l${level} [${Array.from({ length: 10 }, () => below).join(", ")}]`;
  });
  const message = "YAML: aliases make more than 200000 values of this file, or contain themselves";
  expect(problemsOf(`tags:\n${levels.join("\n")}\n`)).toEqual([`w.yaml:10:12: ${message}`]);
  expect(problemsOf("rules: &r [*r]")).toEqual([`w.yaml:1:12: ${message}`]);
});

test("a file that is nested beyond reason is refused, whichever step finds it", () => {
  for (const depth of [500, 2500, 10_000]) {
    const lines = problemsOf(`${"[".repeat(depth)}${"]".repeat(depth)}`);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(
      /^w\.yaml:1:\d+: (YAML: is nested too deeply|the file expects keys and values, not a list)$/,
    );
  }
});

test("an error of a file has the code CONFIG, status 2, one line as its message, and every problem beside", () => {
  try {
    parse("{}");
    expect.unreachable();
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    expect([thrown.code, thrown.exitStatus, thrown.object, thrown.message, thrown.problems]).toEqual([
      "CONFIG",
      2,
      "w.yaml",
      "w.yaml:1:1: version is missing (and 1 more)",
      [
        { line: 1, column: 1, message: "version is missing" },
        { line: 1, column: 1, message: "rules is missing" },
      ],
    ]);
  }
});

test("a file is read from where it lies", () => {
  const file = join(directory, "watch.yaml");
  writeFileSync(file, withRule(anything));
  expect(loadWatchConfig(file)).toMatchObject({ file, scanIntervalMs: 10_000 });
});

test("a file that cannot be read, is too large or is no text is refused as a whole", () => {
  const write = (name: string, content: string | Buffer): string => {
    writeFileSync(join(directory, name), content);
    return join(directory, name);
  };
  const large = `#${"x".repeat(2 ** 20)}`;
  const refusals: readonly (readonly [string, string])[] = [
    [join(directory, "none"), "cannot be read: ENOENT"],
    [directory, "cannot be read: EISDIR"],
    ["/dev/zero", "is larger than 1 MiB, more than any rules need"],
    [write("large", large), "is larger than 1 MiB, more than any rules need"],
    [write("latin1", Buffer.from([0x61, 0xe9, 0x61])), "is not UTF-8 text"],
  ];
  for (const [file, why] of refusals) {
    expect(() => loadWatchConfig(file)).toThrow(
      expect.objectContaining({ code: "CONFIG", message: `${file}: ${why}`, object: file }),
    );
  }
  expect(() => parse(large)).toThrow("w.yaml: is larger than 1 MiB, more than any rules need");
});

test("a file name cannot forge a line of its own", () => {
  expect(() => parseWatchConfig("{}", "a\nb.yaml")).toThrow('"a\\nb.yaml":1:1: version is missing (and 1 more)');
});

test("no text makes the reader throw anything but a configuration error", () => {
  const line = fc.constantFrom(
    "version: 1",
    "rules:",
    "  - name: a",
    "    match: { comm: x }",
    "    match:",
    "    limits: &a { nice: 5 }",
    "    limits: *a",
    "    limits: { <<: *a }",
    "    except: [ ]",
    "defaults: { tags: { ? : 1 } }",
    "- x",
    "? {}",
    "%YAML 1.1",
    "---",
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        fc.array(line).map((lines) => lines.join("\n")),
      ),
      (text) => {
        try {
          parse(text);
        } catch (thrown) {
          if (!(thrown instanceof CorralError)) throw thrown;
          expect(thrown.code).toBe("CONFIG");
        }
      },
    ),
    { numRuns: 1000 },
  );
});
