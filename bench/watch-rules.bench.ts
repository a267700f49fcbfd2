/**
 * `npm run bench -- watch-rules`: what reading a large file of rules costs, and holding every rule against every process.
 *
 *     npm run bench -- watch-rules [--rules N] [--processes N] [--rounds N] [--json]
 *
 * The processes are made up, so that this is the cost of matching alone; reading /proc is that of a scan.
 */
import { parseArgs } from "node:util";
import type { MatchFacts, WatchConfig } from "../src/run/watch/index.ts";
import { matchProcess, parseWatchConfig } from "../src/run/watch/index.ts";
import { nowMs } from "./lib/measure.ts";
import { fixed, table } from "./lib/print.ts";

const { values } = parseArgs({
  options: {
    rules: { type: "string", default: "500" },
    processes: { type: "string", default: "2000" },
    rounds: { type: "string", default: "5" },
    json: { type: "boolean", default: false },
  },
});
const rules = Number(values.rules);
const processes = Number(values.processes);
const rounds = Number(values.rounds);

/** Ways to write a rule that no process here fits, so that each is held against every rule. */
const kinds: Readonly<Record<string, (index: number) => string>> = {
  "a name": (index) => `comm: service-${index}`,
  "a pattern for the name": (index) => `comm: "*-${index}x*"`,
  "a program": (index) => `exe: /opt/app-${index}/bin/server`,
  "a pattern for the program": (index) => `exe: "/opt/**/app-${index}/*"`,
  "a pattern for the command line": (index) => `argv: "*--job=${index}x*"`,
  "a directory and a group": (index) => `cwd: /srv, cgroup: "/jobs-${index}/**"`,
};

const textOf = (match: (index: number) => string): string =>
  [
    "version: 1",
    "rules:",
    ...Array.from(
      { length: rules },
      (_, index) => `  - { name: r${index}, match: { ${match(index)} }, limits: { nice: 5 } }`,
    ),
  ].join("\n");

const madeUp = (index: number): MatchFacts => ({
  pid: 1000 + index,
  stat: { comm: `worker-${index % 50}`, ppid: 999, state: "S", numThreads: 1 },
  uids: { real: 1000 },
  argv: ["/usr/lib/jvm/bin/java", "-Xmx2g", ...Array.from({ length: 20 }, (_, at) => `--option-${at}=${index}`)],
  exe: { path: `/opt/vendor/release-${index % 7}/bin/worker` },
  cwd: { path: `/srv/data/${index}` },
  cgroup: `0::/system.slice/worker@${index}.service\n`,
  kernelThread: false,
  ageSec: 60,
});

const facts = Array.from({ length: processes }, (_, index) => madeUp(index));

function timeMs(work: () => void): number {
  const samples = Array.from({ length: rounds }, () => {
    const start = nowMs();
    work();
    return nowMs() - start;
  });
  return samples.toSorted((a, b) => a - b)[Math.floor(rounds / 2)] ?? Number.NaN;
}

const results = Object.entries(kinds).map(([kind, match]) => {
  const text = textOf(match);
  let config: WatchConfig | null = null;
  const readMs = timeMs(() => {
    config = parseWatchConfig(text, "bench.yaml");
  });
  const rulesRead = config ?? { rules: [] };
  const matchMs = timeMs(() => {
    for (const process of facts) matchProcess(rulesRead, process);
  });
  return { kind, read_ms: readMs, match_ms: matchMs, pair_ns: (matchMs * 1e6) / (rules * processes) };
});

if (values.json)
  console.log(JSON.stringify({ schema: "corral.bench-watch-rules/1", rules, processes, rounds, results }, null, 2));
else {
  console.log(`${rules} rules, ${processes} processes that fit none, median of ${rounds}:\n`);
  const rows = results.map(({ kind, read_ms, match_ms, pair_ns }) => [
    kind,
    fixed(read_ms, 0),
    fixed(match_ms, 0),
    fixed(pair_ns, 0),
  ]);
  console.log(table(["each rule has", "read ms", "match ms", "ns per pair"], rows));
}
