import { describe, expect, test } from "vitest";
import type { Assignment, ControlMessage } from "../model/index.ts";
import { agentLimits, noTotals, noWork } from "../model/index.ts";
import type { AgentEffect, AgentEvent, AgentEventKind, AgentState } from "./index.ts";
import { AgentStream, agentEvents, agentStates, hasEnded, transitions } from "./index.ts";

const assignment: Assignment = { agentId: "a", config: "", pathPrefix: "", index: 0, count: 1 };
const startNs = 1_800_000_000_000_000_000n;
const message = (one: ControlMessage, problem: string | null = null): AgentEvent => ({
  kind: "message",
  message: one,
  problem,
});
const go = (inMs: number): AgentEvent =>
  message({ kind: "go", startNs, localStartNs: startNs + BigInt(inMs) * 1_000_000n, stage: 0 });

const goTo = (stage: number): AgentEvent =>
  message({ kind: "go", startNs, localStartNs: startNs + 10_000_000_000n, stage });

/** An event of each kind. */
const eventOf: Readonly<Record<AgentEventKind, AgentEvent>> = {
  start: message({ kind: "start", assignment }),
  reject: message({ kind: "start", assignment }, "it does not parse"),
  go: go(10_000),
  ping: message({ kind: "ping", id: 7n, sentNs: 5n }),
  abort: message({ kind: "abort", reason: "enough" }),
  acknowledge: message({ kind: "acknowledge", sequence: 1n }),
  unknown: { kind: "unknown", what: "0xff" },
  lost: { kind: "lost", why: "closed" },
  progress: { kind: "progress", done: 1n, total: null },
  prepared: { kind: "prepared" },
  passed: { kind: "passed" },
  prepare_failed: { kind: "prepare_failed", why: "no space" },
  began: { kind: "began", atNs: startNs },
  stage_done: { kind: "stage_done", ...noWork, result: "{}" },
  done: { kind: "done", ...noWork, result: "{}" },
  failed: { kind: "failed", why: "an error", result: "" },
  deadline: { kind: "deadline" },
};

/** Events that lead to a state. */
const wayTo: Readonly<Record<AgentState, readonly AgentEventKind[]>> = {
  idle: [],
  preparing: ["start"],
  ready: ["start", "prepared"],
  waiting: ["start", "prepared", "go"],
  running: ["start", "prepared", "go", "began"],
  between: ["start", "prepared", "go", "began", "stage_done"],
  arrived: ["start", "prepared", "go", "began", "stage_done", "prepared"],
  completed: ["start", "prepared", "go", "began", "done"],
  error: ["reject"],
  aborted: ["abort"],
};

/** A stream in a state, at time 0 of a clock that is moved by hand. */
function streamIn(state: AgentState) {
  const clock = { nowMs: 0 };
  const stream = new AgentStream(
    {
      nowMs: () => clock.nowMs,
      wallNs: () => startNs + BigInt(clock.nowMs) * 1_000_000n,
      report: () => ({ totals: noTotals, intervals: [] }),
    },
    agentLimits,
  );
  const effects: AgentEffect[] = wayTo[state].flatMap((kind) => [...stream.handle(eventOf[kind])]);
  return { stream, clock, effects };
}

const sentOf = (effects: readonly AgentEffect[]) =>
  effects.flatMap((one) => (one.kind === "send" ? [one.message] : []));
const kindsOf = (effects: readonly AgentEffect[]) => effects.map(({ kind }) => kind);

describe("every event in every state", () => {
  for (const state of agentStates)
    for (const kind of agentEvents) {
      const verdict = transitions[state][kind];
      test(`${kind} while ${state}: ${verdict}`, () => {
        const { stream } = streamIn(state);
        expect(stream.state).toBe(state);
        // At a barrier the second stage is next.
        const event = kind === "go" && state === "arrived" ? goTo(1) : eventOf[kind];
        if (verdict === "never") {
          expect(() => stream.handle(event)).toThrow(`an agent that is ${state} cannot be told ${kind}`);
          return;
        }
        const effects = stream.handle(event);
        const expected = { stay: state, ignore: state, illegal: "error" } as const;
        expect(stream.state).toBe(verdict in expected ? expected[verdict as keyof typeof expected] : verdict);
        if (verdict === "ignore") expect(kindsOf(effects)).toEqual(["warn"]);
        if (verdict === "illegal")
          expect(sentOf(effects)).toMatchObject([
            { kind: "error", cause: "protocol", message: `${kind} is not expected while ${state}` },
          ]);
        if (verdict !== "stay" && hasEnded(stream) && verdict !== "ignore")
          expect(kindsOf(effects).at(-1)).toBe("close");
      });
    }
});

describe("a stream", () => {
  test("goes through all its states, says ready once, and numbers what it says", () => {
    const { effects, clock, stream } = streamIn("running");
    clock.nowMs = 1000;
    effects.push(...stream.handle(eventOf.deadline), ...stream.handle(eventOf.done));
    expect(effects.flatMap((one) => (one.kind === "went" ? [one.to] : []))).toEqual([
      "preparing",
      "ready",
      "waiting",
      "running",
      "completed",
    ]);
    expect(sentOf(effects).map(({ kind, sequence }) => [kind, sequence])).toEqual([
      ["ready", 1n],
      ["running", 2n],
      ["running", 3n],
      ["completed", 4n],
    ]);
    expect(kindsOf(effects)).not.toContain("cancel");
  });

  test("answers a ping in every state that lives, with both of its moments", () => {
    for (const state of ["idle", "preparing", "ready", "waiting", "running", "between", "arrived"] as const) {
      const { stream } = streamIn(state);
      expect(sentOf(stream.handle(eventOf.ping))).toMatchObject([
        { kind: "pong", id: 7n, receivedNs: startNs, sentNs: startNs },
      ]);
    }
  });

  test("that is ended by the controller cancels what is under way and says so", () => {
    for (const state of ["preparing", "ready", "waiting", "running", "between", "arrived"] as const) {
      const { stream } = streamIn(state);
      const effects = stream.handle(eventOf.abort);
      expect(kindsOf(effects)).toEqual(["went", "cancel", "send", "close"]);
      expect(sentOf(effects)).toMatchObject([{ kind: "aborted", reason: "enough" }]);
    }
  });

  test("tells in its last word what no report has told, and how long it has worked", () => {
    const ends = { failed: eventOf.failed, abort: eventOf.abort };
    for (const end of Object.values(ends)) {
      const { stream, clock } = streamIn("running");
      clock.nowMs = 300;
      const rest = { totals: noTotals, intervals: [], actualStartNs: startNs, elapsedMs: 300 };
      expect(sentOf(stream.handle(end))).toMatchObject([{ rest }]);
    }
    expect(sentOf(streamIn("waiting").stream.handle(eventOf.abort))).toMatchObject([{ rest: null }]);
  });

  test("that loses its controller cancels and says nothing", () => {
    const { stream } = streamIn("running");
    expect(kindsOf(stream.handle(eventOf.lost))).toEqual(["went", "cancel", "close"]);
  });

  const limits = [
    ["idle", 30_000, "no_start", "nothing came for 30000 ms"],
    ["preparing", 30_000, "prepare_timeout", "it was not prepared within 30000 ms"],
    ["ready", 60_000, "ready_timeout", "it was ready for 60000 ms and was not told to begin"],
    ["between", 30_000, "prepare_timeout", "it was not prepared within 30000 ms"],
  ] as const;
  for (const [state, limitMs, cause, text] of limits)
    test(`is ${state} for ${limitMs} ms at most`, () => {
      const { stream } = streamIn(state);
      expect(stream.deadlineMs).toBe(limitMs);
      expect(sentOf(stream.handle(eventOf.deadline))).toMatchObject([{ kind: "error", cause, message: text }]);
    });

  test("waits for the start, and at a barrier for the others, without a limit of its own", () => {
    expect(streamIn("waiting").stream.deadlineMs).toBeNull();
    expect(streamIn("arrived").stream.deadlineMs).toBeNull();
  });

  test("goes from stage to stage, waits at barriers, and begins at once where there is none", () => {
    const { stream, effects } = streamIn("arrived");
    const events = [goTo(1), eventOf.began, eventOf.stage_done, eventOf.passed, eventOf.began, eventOf.done];
    effects.push(...events.flatMap((event) => [...stream.handle(event)]));
    expect(effects.flatMap((one) => (one.kind === "went" ? [one.to] : [])).slice(4)).toEqual([
      ...["between", "arrived", "waiting", "running"],
      ...["between", "waiting", "running", "completed"],
    ]);
    expect(effects.filter(({ kind }) => kind === "prepare_stage")).toEqual([
      { kind: "prepare_stage", stage: 1 },
      { kind: "prepare_stage", stage: 2 },
    ]);
    expect(sentOf(effects).flatMap((one) => ("stage" in one ? [[one.kind, one.stage]] : []))).toEqual([
      ["stage_done", 0],
      ["arrived", 1],
      ["stage_done", 1],
    ]);
    expect(sentOf(effects).filter(({ kind }) => kind === "ready")).toHaveLength(1);
  });

  test("that is told to begin another stage than the next breaks off", () => {
    const { stream } = streamIn("arrived");
    expect(sentOf(stream.handle(goTo(0)))).toMatchObject([
      { kind: "error", cause: "protocol", message: "stage 0 is to begin, and stage 1 is next" },
    ]);
  });

  test("refuses a start that was, and one that is more than 300 s ahead", () => {
    const past = streamIn("ready").stream;
    expect(sentOf(past.handle(go(-1)))).toMatchObject([
      { kind: "error", cause: "start_past", message: "the start was 1 ms ago by this agent's clock" },
    ]);
    const far = streamIn("ready").stream;
    expect(sentOf(far.handle(go(300_001)))).toMatchObject([
      { kind: "error", cause: "start_far", message: "the start is 300001 ms ahead by this agent's clock, of 300000" },
    ]);
    for (const inMs of [0, 300_000]) {
      const { stream } = streamIn("ready");
      stream.handle(go(inMs));
      expect(stream.state).toBe("waiting");
    }
  });

  test("reports on a grid of a second, whatever it missed", () => {
    const { stream, clock } = streamIn("running");
    expect(stream.deadlineMs).toBe(1000);
    clock.nowMs = 3400;
    stream.handle(eventOf.deadline);
    expect(stream.deadlineMs).toBe(4000);
    clock.nowMs = 4000;
    stream.handle(eventOf.deadline);
    expect(stream.deadlineMs).toBe(5000);
  });
});
