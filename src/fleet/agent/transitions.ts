/*
 * The life of one stream of an agent, as a table:
 *
 *     idle ─start→ preparing ─prepared→ ready ─go→ waiting ─began→ running ─done→ completed
 *
 * and while stages are left
 *
 *     running ─stage_done→ between ─prepared→ arrived ─go→ waiting, or between ─passed→ waiting
 *
 * and from each of them to `error` or `aborted`. The three at the end are terminal for the stream, not for the process,
 * which takes the next one.
 */

/**
 * States as the controller is told of them. waiting: the moment of the start is known; between: a stage has ended, and the
 * next prepares; arrived: it is at a barrier.
 */
export const agentStates = [
  "idle",
  "preparing",
  "ready",
  "waiting",
  "running",
  "between",
  "arrived",
  "completed",
  "error",
  "aborted",
] as const;
export type AgentState = (typeof agentStates)[number];

export const terminalStates: readonly AgentState[] = ["completed", "error", "aborted"];

/** What can happen to a stream. */
export const agentEvents = [
  "start",
  "reject",
  "go",
  "ping",
  "abort",
  "acknowledge",
  "unknown",
  "lost",
  "progress",
  "prepared",
  "passed",
  "prepare_failed",
  "began",
  "stage_done",
  "done",
  "failed",
  "deadline",
] as const;
export type AgentEventKind = (typeof agentEvents)[number];

/**
 * What becomes of it. A state: it goes there. stay: it is answered and nothing changes. ignore: it is told as a warning
 * and nothing changes. illegal: the other side breaks the protocol, which ends in `error`. never: our own code would be
 * wrong.
 */
export type Verdict = AgentState | "stay" | "ignore" | "illegal" | "never";

type Row = Readonly<Record<AgentEventKind, Verdict>>;

/** What is the same in every state that is not terminal. */
const alive = {
  ping: "stay",
  abort: "aborted",
  // Only the last message of a stream is acknowledged.
  acknowledge: "illegal",
  unknown: "illegal",
  lost: "error",
  deadline: "error",
} as const;
const ended: Row = {
  start: "ignore",
  reject: "ignore",
  go: "ignore",
  ping: "ignore",
  abort: "ignore",
  acknowledge: "stay",
  unknown: "ignore",
  lost: "stay",
  // What was under way when it ended comes too late.
  progress: "stay",
  prepared: "stay",
  passed: "stay",
  prepare_failed: "stay",
  began: "stay",
  stage_done: "stay",
  done: "stay",
  failed: "stay",
  deadline: "stay",
};
/** Work that has not begun cannot tell anything. */
const noWork = {
  progress: "never",
  prepared: "never",
  passed: "never",
  prepare_failed: "never",
  began: "never",
  stage_done: "never",
  done: "never",
  failed: "never",
} as const;

/** State by event. */
export const transitions: Readonly<Record<AgentState, Row>> = {
  idle: { ...alive, ...noWork, start: "preparing", reject: "error", go: "illegal" },
  preparing: {
    ...alive,
    ...noWork,
    start: "ignore",
    reject: "ignore",
    go: "illegal",
    progress: "stay",
    prepared: "ready",
    prepare_failed: "error",
  },
  ready: { ...alive, ...noWork, start: "ignore", reject: "ignore", go: "waiting" },
  waiting: { ...alive, ...noWork, start: "ignore", reject: "ignore", go: "ignore", began: "running", failed: "error" },
  running: {
    ...alive,
    ...noWork,
    start: "ignore",
    reject: "ignore",
    go: "ignore",
    stage_done: "between",
    done: "completed",
    failed: "error",
    // A report is due: a running workload has no limit of its own here.
    deadline: "stay",
  },
  between: {
    ...alive,
    ...noWork,
    start: "ignore",
    reject: "ignore",
    go: "illegal",
    progress: "stay",
    prepared: "arrived",
    passed: "waiting",
    prepare_failed: "error",
  },
  arrived: { ...alive, ...noWork, start: "ignore", reject: "ignore", go: "waiting" },
  completed: ended,
  error: ended,
  aborted: ended,
};
