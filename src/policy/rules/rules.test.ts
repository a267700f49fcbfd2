import { expect, test } from "vitest";
import { ConfigError } from "../../report/config/index.ts";
import type { Rule } from "./index.ts";
import { parsePolicyRules } from "./index.ts";

const second = 1_000_000_000n;

/** The lines a text is refused with; none when it is accepted. */
function problemsOf(text: string): readonly string[] {
  try {
    parsePolicyRules(text, "p.yaml");
    return [];
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    return thrown.toLine().split("\n");
  }
}

const withRule = (...lines: readonly string[]): string =>
  ["version: 1", "rules:", "  - name: r", ...lines.map((line) => `    ${line}`), ""].join("\n");
const when = "when: { exec: { after: 1s } }";
const message = "do: { message: compress }";

function ruleOf(...lines: readonly string[]): Rule {
  const [rule] = parsePolicyRules(withRule(...lines), "p.yaml");
  if (rule === undefined) throw new Error("no rule");
  return rule;
}

test("every mistake of a file is told at once, each with its line and column", () => {
  const text = withRule(
    "select: { comm: [], cgrop: /x, min_rss: much }",
    "when: { exec: { after: soon }, memory_current: { above: 512 } }",
    "do: { message: compress, signal: USR1 }",
    "limits: { in_flight: 0, retry: { attempts: 3, intial: 1s } }",
  );
  expect(problemsOf(text)).toEqual([
    "p.yaml:4:21: rules[0].select.comm needs at least one value; leave the key out instead",
    "p.yaml:4:25: rules[0].select.cgrop is not a key here; did you mean cgroup?",
    'p.yaml:4:45: rules[0].select.min_rss expects a size such as 64M or 1.5G, not "much"',
    'p.yaml:5:28: rules[0].when.exec.after expects a duration such as 500ms, 10s or 5m, not "soon"',
    'p.yaml:5:61: rules[0].when.memory_current.above needs a unit, such as 512M; "512" could mean bytes or MiB',
    "p.yaml:6:9: rules[0].do has several actions: message, signal; make a rule of each",
    "p.yaml:7:26: rules[0].limits.in_flight expects a whole number from 1 to 10000, not 0",
    "p.yaml:7:51: rules[0].limits.retry.intial is not a key here; did you mean initial?",
  ]);
});

test.each<[string, readonly string[], string]>([
  [
    "no condition",
    ["when: {}", message],
    "rules[0].when needs at least one condition: exec, fork, exit, enrol, idle, pressure, memory_current, memory_high, memory_events, rss, rss_growth, every, daily, all, any, not",
  ],
  [
    "no condition but for",
    ["when: { for: 3s }", message],
    "rules[0].when needs at least one condition: exec, fork, exit, enrol, idle, pressure, memory_current, memory_high, memory_events, rss, rss_growth, every, daily, all, any, not",
  ],
  [
    "a foreign key in a nested condition",
    ["when: { any: [{ exec: { after: 1s } }, { not: { idel: 3 } }] }", message],
    "rules[0].when.any[1].not.idel is not a key here; did you mean idle?",
  ],
  [
    "no action",
    [when, "do: { others_in_group: true }"],
    "rules[0].do needs one action: message, signal, reclaim, memory_high, madvise, freeze, thaw, weight, exec",
  ],
  [
    "a companion of another action",
    [when, "do: { signal: TERM, swappiness: 3 }"],
    "rules[0].do has swappiness, which goes with reclaim only",
  ],
  ["an unknown signal", [when, "do: { signal: SIGFOO }"], 'rules[0].do.signal names no signal: "SIGFOO"'],
  [
    "more than all",
    [when, "do: { reclaim: 120% }"],
    'rules[0].do.reclaim expects more than 0% and at most 100%, not "120%"',
  ],
  [
    "an action on what has ended",
    ["when: { exit: { after: 0 } }", "do: { signal: TERM }"],
    "rules[0].when waits for an exit, after which there is no process left; only exec goes with it",
  ],
  [
    "a window that the kernel refuses",
    ["when: { pressure: { resource: memory, stall: 100ms, window: 20s } }", message],
    "rules[0].when has a pressure window that is not from 500ms to 10s",
  ],
  [
    "hysteresis upside down",
    ["when: { rss: { above: 1M, rearm: 2M } }", message],
    "rules[0].when has a rearm above its above",
  ],
  [
    "a moment that lasts",
    ["when: { every: 1m, for: 3s }", message],
    "rules[0].when has a schedule under for, but a schedule holds for a moment only",
  ],
  [
    "a message to anybody",
    ["select: { enrolled: any }", when, message],
    "rules[0].select says enrolled: any, but a message needs an enrolled workload",
  ],
  [
    "a time of day that is none",
    ['when: { daily: "24:00" }', message],
    'rules[0].when.daily expects a time of day such as 03:30, not "24:00"',
  ],
])("a rule with %s is refused", (_, lines, problem) => {
  expect(problemsOf(withRule(...lines)).map((line) => line.replace(/^p\.yaml:\d+:\d+: /, ""))).toEqual([problem]);
});

test("a rule that says little has the documented defaults", () => {
  const { name, select, when: condition, action, ackTimeoutMs, verify, limits, record, adopt } = ruleOf(when, message);
  expect({ name, select, condition, action, ackTimeoutMs, verify, limits, record, adopt }).toEqual({
    name: "r",
    select: { match: [], except: [], ancestor: null, enrolment: "required", workload: null, tags: [], minRssBytes: 0 },
    condition: { kind: "since", event: "exec", afterNs: second },
    action: { do: "message", verb: "compress", params: {} },
    ackTimeoutMs: 30_000,
    verify: null,
    limits: {
      retry: { attempts: 1, initialNs: second, maxNs: 60n * second },
      inFlight: 4,
      maxWaitNs: 30n * second,
      rate: null,
      jitterNs: 0n,
      cooldownNs: 0n,
      breaker: null,
      dryRun: false,
    },
    record: "when_done",
    adopt: false,
  });
});

test("defaults are laid under every rule, limit by limit", () => {
  const text = [
    "version: 1",
    "defaults: { limits: { in_flight: 2, cooldown: 1m }, get: { ack: 3s }, adopt: true }",
    "rules:",
    `  - { name: a, ${when}, ${message}, limits: { in_flight: 9 } }`,
  ].join("\n");
  const [rule] = parsePolicyRules(text, "p.yaml");
  expect([rule?.limits.inFlight, rule?.limits.cooldownNs, rule?.ackTimeoutMs, rule?.adopt]).toEqual([
    9,
    60n * second,
    3000,
    true,
  ]);
});

test("the keys of a when are all to hold, and nest", () => {
  const { when: condition } = ruleOf(
    "when: { idle: { time: 20s }, memory_current: { above: 100M }, any: [{ rss: { above: 1G } }, { not: { enrol: { after: 0 } } }], for: 5s }",
    message,
  );
  expect(condition).toEqual({
    kind: "for",
    forNs: 5n * second,
    of: {
      kind: "all",
      of: [
        { kind: "idle", forNs: 20n * second, cpuBelow: 0.01, everyMs: 1000 },
        {
          kind: "level",
          measured: { metric: "memory_current_bytes", of: "group", everyMs: 1000 },
          above: 104_857_600,
          rearm: 94_371_840,
        },
        {
          kind: "any",
          of: [
            {
              kind: "level",
              measured: { metric: "rss_bytes", of: "process", everyMs: 1000 },
              above: 2 ** 30,
              rearm: Math.floor(2 ** 30 * 0.9),
            },
            { kind: "not", of: { kind: "since", event: "enrol", afterNs: 0n } },
          ],
        },
      ],
    },
  });
});

test("a least age is one more condition", () => {
  expect(ruleOf("select: { min_age: 1m }", when, message).when).toEqual({
    kind: "all",
    of: [
      { kind: "since", event: "exec", afterNs: second },
      { kind: "since", event: "fork", afterNs: 60n * second },
    ],
  });
});

test.each<[string, object]>([
  ["{ signal: USR1 }", { do: "signal", signal: 10 }],
  ["{ reclaim: 64M, swappiness: 0 }", { do: "reclaim", bytes: 67_108_864, fractionOfCurrent: null, swappiness: 0 }],
  ["{ reclaim: 12.5% }", { do: "reclaim", bytes: null, fractionOfCurrent: 0.125, swappiness: null }],
  [
    "{ memory_high: 90%, most: 1G }",
    { do: "memory_high", percentOfCurrent: 90, leastBytes: 16_777_216, mostBytes: 2 ** 30 },
  ],
  ["{ madvise: pageout }", { do: "madvise", advice: "pageout" }],
  ["{ freeze: 10s }", { do: "freeze", mostMs: 10_000 }],
  ["{ thaw: true }", { do: "thaw" }],
  ["{ weight: { cpu: 50 } }", { do: "weight", cpuWeight: 50, ioWeight: null }],
  ["{ exec: [logger, hello] }", { do: "exec", argv: ["logger", "hello"], timeoutMs: 30_000 }],
  ["{ message: trim, params: { to: 5 } }", { do: "message", verb: "trim", params: { to: 5 } }],
])("do: %s", (written, action) => {
  expect(ruleOf(when, `do: ${written}`).action).toEqual(action);
});
