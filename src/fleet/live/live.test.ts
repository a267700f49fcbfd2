import { expect, test } from "vitest";
import type { Link, LinkState, RunEffect } from "../controller/index.ts";
import { LatencyTable } from "../latencies/index.ts";
import { noTotals } from "../model/index.ts";
import type { LiveRun } from "./index.ts";
import { LiveBoard, viewLine, viewLines } from "./index.ts";

function linkOf(agentId: string, state: LinkState, rest: Partial<Link> = {}): Link {
  return {
    assignment: { agentId, config: "", pathPrefix: "", index: 0, count: 4 },
    state,
    isOpen: state !== "failed",
    attempts: 1,
    problem: null,
    isTold: false,
    retryAtMs: null,
    limitMs: null,
    heardMs: 10_000,
    reportedMs: 10_000,
    pingedMs: null,
    unanswered: 0,
    asked: new Map(),
    probesLeft: 0,
    samples: [],
    clock: null,
    stage: 0,
    sequence: 1n,
    missed: 0n,
    prepared: null,
    totals: { ...noTotals, getOperations: 500n, errors: 2n },
    actualStartNs: 1n,
    failure: null,
    ...rest,
  };
}

/** A report of a span of a second in which so many reads of 1 KiB took so long. */
function report(agent: number, count: number, us: number): RunEffect {
  const table = new LatencyTable();
  for (let at = 0; at < count; at += 1) table.record("get", 1024, us);
  const interval = { fromMs: 0, toMs: 1000, errors: 0n, cpu: null, cells: table.toCells() };
  const message = {
    kind: "running",
    totals: noTotals,
    intervals: [interval],
    actualStartNs: 1n,
    elapsedMs: 1000,
    sequence: 1n,
  } as const;
  return { kind: "report", agent, stage: 0, report: message };
}

const startNs = 1_800_000_000_000_000_000n;
const now = { nowMs: 10_000, wallNs: startNs + 2_500_000_000n };
const runOf = (...links: readonly Link[]): LiveRun => ({
  phase: "running",
  links,
  stageStartNs: startNs,
  stage: 0,
});

function busyBoard(): { readonly board: LiveBoard; readonly run: LiveRun } {
  const board = new LiveBoard([]);
  for (const [agent, count, us] of [
    [0, 100, 50],
    [1, 100, 50],
    [2, 10, 9000],
  ] as const)
    board.take(report(agent, count, us));
  return {
    board,
    run: runOf(
      linkOf("a", "collecting"),
      linkOf("b", "collecting"),
      linkOf("c", "collecting"),
      linkOf("d", "failed", { totals: null }),
    ),
  };
}

test("rates are summed, latencies added up and never averaged, and looking twice changes nothing", () => {
  const { board, run } = busyBoard();
  const view = board.view(run, now);
  expect(view.figures.get).toEqual({
    ...{ opsPerSec: 210, bytesPerSec: 215_040, meanUs: (200 * 50 + 10 * 9004) / 210 },
    ...{ p50Us: 50, p95Us: 50, p99Us: 9007 },
  });
  expect([view.sinceStartMs, view.operations, view.errors]).toEqual([2500, 1500, 6]);
  expect(board.view(run, now)).toEqual(view);
});

test("who does less than half of what the one in the middle does is a straggler, and who does not report", () => {
  const { board, run } = busyBoard();
  const stragglers = (links: LiveRun) =>
    board
      .view(links, now)
      .agents.filter(({ isStraggler }) => isStraggler)
      .map(({ agentId }) => agentId);
  expect(stragglers(run)).toEqual(["c"]);
  const [a, ...others] = run.links as [Link, ...Link[]];
  expect(stragglers(runOf({ ...a, reportedMs: 7000 }, ...others))).toEqual(["a", "c"]);
});

test("who has completed or failed does nothing any more", () => {
  const { board, run } = busyBoard();
  board.take({ kind: "went", agent: 0, from: "collecting", to: "failed", why: "lost" });
  const { kind, actualStartNs, sequence } = { kind: "completed", actualStartNs: 1n, sequence: 2n } as const;
  const rest = { totals: noTotals, intervals: [], wallMs: 1, cells: [], prepare: null, result: "" };
  board.take({ kind: "report", agent: 1, stage: 0, report: { kind, actualStartNs, sequence, ...rest } });
  expect(board.view(run, now).all.opsPerSec).toBe(10);
});

test("a terminal sees failures and stragglers first, and how many it does not see", () => {
  const { board, run } = busyBoard();
  const view = board.view(run, now);
  expect(viewLine("nightly", view)).toBe(
    "nightly: running, 2.5 s; agents: 3 running, 1 FAILED; 210 ops/s, p99 9007 us; 6 errors",
  );
  expect(viewLines("nightly", view, 7)).toEqual([
    "nightly: running, 2.5 s; agents: 3 running, 1 FAILED; 210 ops/s, p99 9007 us; 6 errors",
    "GET   210 ops/s, 210.0 KiB/s (mean 476 us, p50 50 us, p95 50 us, p99 9007 us)",
    "agent  state    operations  ops/s  p99      errors",
    "d      FAILED   0           0      -        0",
    "c      running  500         10     9007 us  2       slow",
    "and 2 more agents",
  ]);
  expect(viewLines("nightly", view, 2)).toHaveLength(2);
});

test("before the start it says how far preparing is, and when the start will be", () => {
  const board = new LiveBoard([]);
  const links = [linkOf("a", "config_sent", { totals: null, prepared: { done: 3n, total: 10n } })];
  const view = board.view({ phase: "preparing", links, stageStartNs: null, stage: 0 }, now);
  expect(viewLines("n", view, 10)).toEqual([
    "n: preparing; agents: 1 preparing",
    "agent  state      operations  ops/s  p99  errors",
    "a      preparing  0           0      -    0       3 of 10 prepared",
  ]);
  const soon = board.view({ phase: "running", links: [], stageStartNs: now.wallNs + 9_500_000_000n, stage: 0 }, now);
  expect(viewLine("n", soon)).toBe("n: running, start in 9.5 s; agents: ");
});

test("of a run with stages it says which one, and who waits at its barrier", () => {
  const board = new LiveBoard(["fill", "read"]);
  const links = [linkOf("a", "arrived", { totals: null }), linkOf("b", "collecting", { totals: null })];
  const view = board.view({ phase: "running", links, stageStartNs: startNs, stage: 0 }, now);
  expect(viewLine("n", view)).toBe("n: running, stage fill, 2.5 s; agents: 1 running, 1 at the barrier");
});
