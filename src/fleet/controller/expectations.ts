import type { AgentSaying } from "../model/index.ts";
import type { LinkState } from "./link.ts";

/**
 * What a message means for the controller. take: it is what the state waits for. count: a report of the workload.
 * stage: a stage of it is over, and another follows. pong: an answer to a ping. end: the agent's last word. ignore: told as a warning. illegal: the agent breaks the
 * protocol and counts as failed.
 */
export type Reading = "take" | "note" | "count" | "stage" | "pong" | "end" | "ignore" | "illegal";

type Row = Readonly<Record<AgentSaying["kind"], Reading>>;

const notRunning = {
  running: "illegal",
  stage_done: "illegal",
  arrived: "illegal",
  completed: "illegal",
  error: "end",
  aborted: "end",
  pong: "pong",
} as const;
/** A workload may be over before it was ever reported. */
const running = {
  ready: "ignore",
  preparing: "ignore",
  running: "count",
  stage_done: "stage",
  arrived: "illegal",
  completed: "end",
  error: "end",
  aborted: "end",
  pong: "pong",
} as const;
const over: Row = {
  ready: "ignore",
  preparing: "ignore",
  running: "ignore",
  stage_done: "ignore",
  arrived: "ignore",
  completed: "ignore",
  error: "ignore",
  aborted: "ignore",
  pong: "ignore",
};

/** State by message. */
export const expectations: Readonly<Record<LinkState, Row>> = {
  connecting: over,
  config_sent: { ...notRunning, ready: "take", preparing: "note" },
  ready: { ...notRunning, ready: "ignore", preparing: "ignore" },
  start_sent: running,
  collecting: running,
  // A stage that waits for nobody may be over before it was ever reported.
  between: { ...running, preparing: "note", arrived: "take" },
  arrived: { ...notRunning, ready: "ignore", preparing: "ignore", arrived: "ignore" },
  completed: over,
  failed: over,
  aborted: over,
};
