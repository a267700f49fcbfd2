import { LatencyTable } from "../../src/fleet/latencies/index.ts";
import { noTotals, operations, sizeBuckets } from "../../src/fleet/model/index.ts";
import { agentBytes } from "../../src/fleet/wire/index.ts";
import { nowMs } from "../lib/measure.ts";
import { fixed } from "../lib/print.ts";
import type { PartResult } from "./part.ts";

const agents = 1000;
const recorded = 400;
const perAgent = operations.length * sizeBuckets.length * recorded;

/** The last word of an agent: histograms of all kinds and sizes, some 330 buckets each. */
function lastWord(): Uint8Array {
  const table = new LatencyTable();
  for (const operation of operations)
    for (const { mostBytes } of sizeBuckets)
      for (let at = 0; at < recorded; at += 1)
        table.record(operation, Math.min(mostBytes, 2 ** 32), Math.round(100 + 900 * Math.random()));
  const figures = { totals: noTotals, intervals: [], wallMs: 1000, cells: table.toCells(), prepare: null };
  return agentBytes.encode("agent", { kind: "completed", ...figures, actualStartNs: 1n, result: "", sequence: 1n });
}

interface Took {
  readonly decodeMs: number;
  readonly mergeMs: number;
}

function mergeAll(words: readonly Uint8Array[]): Took {
  const merged = new LatencyTable();
  const took = { decodeMs: 0, mergeMs: 0 };
  for (let agent = 0; agent < agents; agent += 1) {
    const beganMs = nowMs();
    const message = agentBytes.decode(words[agent % words.length] ?? new Uint8Array());
    const decodedMs = nowMs();
    if (typeof message === "string" || message.kind !== "completed") throw new Error("a last word cannot be read");
    merged.add(message.cells);
    took.decodeMs += decodedMs - beganMs;
    took.mergeMs += nowMs() - decodedMs;
  }
  if (merged.sum().latencies.count !== agents * perAgent) throw new Error("something was lost");
  if (merged.cells().length !== operations.length * sizeBuckets.length) throw new Error("cells were lost");
  return took;
}

/** Merges the histograms of a thousand agents, from the bytes in which they come; the first time counts. */
export function measureMerge(): PartResult {
  const words = Array.from({ length: 20 }, lastWord);
  const runs = [mergeAll(words), mergeAll(words), mergeAll(words)];
  const [first = { decodeMs: 0, mergeMs: 0 }] = runs;
  const each = runs.map(({ decodeMs, mergeMs }) => `${fixed(decodeMs, 0)} + ${fixed(mergeMs, 0)}`);
  return {
    targets: [
      {
        name: "merge of 1,000 agents with 27 histograms each, from the wire, seconds",
        value: (first.decodeMs + first.mergeMs) / 1000,
        limit: 1,
      },
    ],
    notes: [`${words[0]?.length ?? 0} bytes an agent; reading + merging, ms, three times: ${each.join(", ")}`],
  };
}
