import type { WorkRecord } from "../../record/index.ts";
import type { Latencies } from "../../workers/index.ts";
import { addLatencies, percentileNs, variation } from "../../workers/index.ts";
import { atMost, atWork, inconclusive, nameOf, skipped } from "../finding.ts";
import type { Finding } from "../result.ts";

/** 99th percentile of the wake-ups of all workers together (nearest rank). @param limitNs nanoseconds */
export const judgeWakeP99 = (work: WorkRecord, limitNs: number): Finding =>
  judgeWakes(work, limitNs, {
    figure: (all) => percentileNs(all, 0.99),
    what: (samples) => `99th percentile of ${samples} wake-up latencies`,
    unit: "ns",
  });

/** Variation of the wake-ups of all workers together. */
export const judgeWakeCv = (work: WorkRecord, limit: number): Finding =>
  judgeWakes(work, limit, {
    figure: variation,
    what: (samples) => `variation of ${samples} wake-up latencies`,
    unit: "",
  });

interface WakeFigure {
  readonly figure: (all: Latencies) => number | null;
  readonly what: (samples: number) => string;
  readonly unit: string;
}

function judgeWakes(work: WorkRecord, limit: number, { figure, what, unit }: WakeFigure): Finding {
  const where = atWork(work);
  const waking = work.reports.filter(({ latencyKind }) => latencyKind === "wake");
  if (waking.length === 0) return skipped("benchmark", where, `${nameOf(work)}: its work has no wake-up latencies`);
  const all = addLatencies(waking.map(({ latencies }) => latencies));
  const found = figure(all);
  if (found === null)
    return inconclusive("benchmark", where, `${nameOf(work)}: ${all.samples} wake-up latencies tell nothing`, limit);
  return atMost(found, limit, { kind: "benchmark", where, what: `${nameOf(work)}: ${what(all.samples)}`, unit });
}
