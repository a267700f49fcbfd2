/**
 * `npm run bench -- events-tree`: what an event costs the process tree, with few and with many processes alive, and what
 * ten million of them leave behind.
 *
 *     npm run bench -- events-tree [--events N] [--json]
 *
 * The events are made up: each process is forked, executes a program and ends, with as many others alive; every tenth is
 * forked by its predecessor, so that chains of ancestors come about, most of which have ended.
 */

import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { ExecEvent, ExitEvent, ForkEvent } from "../src/events/index.ts";
import { ProcessTree } from "../src/events/tree/index.ts";
import type { Pid } from "../src/kernel/index.ts";
import { fixed, table } from "./lib/print.ts";

const { values } = parseArgs({
  options: { events: { type: "string", default: "10000000" }, json: { type: "boolean", default: false } },
});
const events = Number(values.events);
const slices = 10;

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const base = {
  uid: 0,
  cgroupId: 1n,
  source: "bpf" as const,
  reconciled: false,
};
const program = { comm: "sh", exe: "/bin/sh", argv: ["sh"], argvTruncated: false };
const noStatus = { status: 0, code: 0, signal: null, coreDumped: false };

/** Pids go round, as a kernel's do, and never meet one that is alive. */
const pidOf = (serial: number): number => (serial % 4_000_000) + 2;

/** Applies the three events of one process after the other, each end `alive` processes after its beginning. */
function* lives(alive: number): Generator<ForkEvent | ExecEvent | ExitEvent, never> {
  for (let serial = 1; ; serial += 1) {
    const of = (one: number) => {
      const tgid = pidOf(one);
      return { ...base, tgid, identity: { bootId: "b", pid: tgid as Pid, startTicks: one } };
    };
    const timestampNs = BigInt(serial) * 1000n;
    const ppid = serial % 10 === 0 ? pidOf(serial - 1) : 1;
    yield { ...of(serial), kind: "fork", ppid, timestampNs };
    yield { ...of(serial), kind: "exec", ppid, timestampNs, filename: null, ...program };
    if (serial > alive) yield { ...of(serial - alive), kind: "exit", ppid: 1, timestampNs, ...noStatus };
  }
}

interface Slice {
  readonly ns: number;
  readonly heapMiB: number;
  readonly rssMiB: number;
}

/** Only the tree's time counts: events are made in blocks before it is taken. */
function measure(alive: number): { alive: number; slices: Slice[]; processes: number } {
  const tree = new ProcessTree();
  const source = lives(alive);
  const perSlice = Math.floor(events / slices);
  const results: Slice[] = [];
  for (let slice = 0; slice < slices; slice += 1) {
    let tookUs = 0;
    for (let done = 0; done < perSlice; done += 10_000) {
      const block = Array.from({ length: Math.min(10_000, perSlice - done) }, () => source.next().value);
      // CPU time: a busy machine must not look like a slow tree.
      const begin = process.cpuUsage();
      for (const event of block) tree.apply(event);
      const { user, system } = process.cpuUsage(begin);
      tookUs += user + system;
    }
    collect();
    const { heapUsed, rss } = process.memoryUsage();
    results.push({ ns: (tookUs * 1e3) / perSlice, heapMiB: heapUsed / 2 ** 20, rssMiB: rss / 2 ** 20 });
  }
  return { alive, slices: results, processes: tree.size().processes };
}

const results = [100, 10_000, 100_000].map(measure);
if (values.json) console.log(JSON.stringify({ schema: "corral.bench-events-tree/1", events, results }, null, 2));
else {
  console.log(`${events} events for each row, in ${slices} slices; 8192 ended processes are remembered:\n`);
  const columns = (pick: (slice: Slice) => number, all: readonly Slice[]) =>
    [all[0], all[Math.floor(slices / 2)], all.at(-1)].map((slice) =>
      fixed(slice === undefined ? Number.NaN : pick(slice), 0),
    );
  const rows = results.map(({ alive, slices: all, processes }) => [
    String(alive),
    String(processes),
    columns((slice) => slice.ns, all).join(" / "),
    columns((slice) => slice.heapMiB, all).join(" / "),
    columns((slice) => slice.rssMiB, all).join(" / "),
  ]);
  const heads = ["alive", "in the tree", "CPU ns per event, first / middle / last slice", "heap MiB", "RSS MiB"];
  console.log(table(heads, rows));
}
