import * as v from "valibot";
import { count, countOrNull, text, textOrNull, yesNo } from "../../report/schema/index.ts";
import type { RunEffect } from "../controller/index.ts";
import { linkStates } from "../controller/index.ts";
import { byWeight } from "../model/index.ts";
import type { LiveFigures, LiveView } from "./live-board.ts";

const phases = ["connecting", "preparing", "coordinating", "running", "ending", "ended"] as const;

const number = (description: string) => v.pipe(v.number(), v.description(description));
const numberOrNull = (description: string) => v.pipe(v.nullable(v.number()), v.description(description));
const phase = (description: string) => v.pipe(v.picklist(phases), v.description(description));
const state = (description: string) => v.pipe(v.picklist(linkStates), v.description(description));

const common = {
  schema: v.pipe(v.literal("corral.fleet-event/1"), v.description("Name and version of this document.")),
  at: v.pipe(v.string(), v.isoTimestamp(), v.description("When, by the controller's clock.")),
};
const event = <const E extends string>(name: E) => v.pipe(v.literal(name), v.description("What happened."));

const figures = v.strictObject({
  ops_per_sec: number("Operations a second, in the last spans that agents told."),
  bytes_per_sec: number("Bytes a second."),
  mean_us: numberOrNull("Mean latency of those spans, microseconds; null without an operation."),
  p50_us: numberOrNull("Median."),
  p95_us: numberOrNull("95th percentile."),
  p99_us: numberOrNull("99th percentile."),
});

const tickAgent = v.strictObject({
  agent_id: text("Name."),
  state: state("Where it is."),
  operations: count("Operations since the start."),
  errors: count("Operations that failed."),
  ops_per_sec: number("Operations a second in its last span."),
  p99_us: numberOrNull("99th percentile of that span; null without an operation."),
  silent_sec: numberOrNull("Since anything came of it; null: it is not connected."),
  straggler: yesNo("Whether it does less than half of what the agent in the middle does, or its report is late."),
  prepared: countOrNull("How far preparing is, in its own units; null: it has not told."),
  prepare_total: countOrNull("Of how much; null: not known."),
});

/** A line of `corral fleet run --json-lines`: `corral.fleet-event/1`. */
export const fleetEventSchema = v.variant("event", [
  v.strictObject({
    ...common,
    event: event("phase"),
    from: phase("Phase that is over."),
    to: phase("Phase that begins."),
    why: text("Why."),
  }),
  v.strictObject({
    ...common,
    event: event("agent"),
    agent_id: text("Name of the agent."),
    from: state("State that is over."),
    to: state("State that begins."),
    why: text("Why."),
  }),
  v.strictObject({
    ...common,
    event: event("warning"),
    agent_id: text("Name of the agent."),
    message: text("What is odd."),
  }),
  v.strictObject({
    ...common,
    event: event("tick"),
    phase: phase("Phase of the run."),
    stage: textOrNull("Stage that the last of the agents is in; null: the run has only one."),
    since_start_sec: numberOrNull("Since the last common start, below zero before it; null: it is not known yet."),
    operations: count("Of all agents since the start, of a run with stages in the stages that they are in."),
    errors: count("Likewise."),
    all: v.pipe(figures, v.description("All operations.")),
    get: v.pipe(figures, v.description("Reads.")),
    put: v.pipe(figures, v.description("Writes.")),
    meta: v.pipe(figures, v.description("What moves no data.")),
    agents: v.pipe(v.array(tickAgent), v.description("Every agent.")),
  }),
  v.strictObject({
    ...common,
    event: event("end"),
    outcome: v.pipe(v.picklist(byWeight), v.description("What came of the run.")),
    exit_status: count("Exit status of the command."),
    results: textOrNull("Directory of the results."),
  }),
]);
export type FleetEvent = v.InferOutput<typeof fleetEventSchema>;

const schema = "corral.fleet-event/1" as const;

/** What a run does, as an event; null for what is no news. @param nameOf the name of an agent by its number */
export function toFleetEvent(effect: RunEffect, nameOf: (agent: number) => string, at: string): FleetEvent | null {
  if (effect.kind === "phase") {
    const { from, to, why } = effect;
    return { schema, at, event: "phase", from, to, why };
  }
  if (effect.kind === "went") {
    const { from, to, why } = effect;
    return { schema, at, event: "agent", agent_id: nameOf(effect.agent), from, to, why };
  }
  if (effect.kind === "warn")
    return { schema, at, event: "warning", agent_id: nameOf(effect.agent), message: effect.text };
  return null;
}

const toFigures = ({ opsPerSec, bytesPerSec, meanUs, p50Us, p95Us, p99Us }: LiveFigures) => ({
  ops_per_sec: opsPerSec,
  bytes_per_sec: bytesPerSec,
  mean_us: meanUs,
  p50_us: p50Us,
  p95_us: p95Us,
  p99_us: p99Us,
});

/** How a run stands, as an event. */
export const toTick = (view: LiveView, at: string): FleetEvent => ({
  schema,
  at,
  event: "tick",
  phase: view.phase,
  stage: view.stage,
  since_start_sec: view.sinceStartMs === null ? null : view.sinceStartMs / 1000,
  operations: view.operations,
  errors: view.errors,
  all: toFigures(view.all),
  get: toFigures(view.figures.get),
  put: toFigures(view.figures.put),
  meta: toFigures(view.figures.meta),
  agents: view.agents.map((agent) => ({
    agent_id: agent.agentId,
    state: agent.state,
    operations: agent.operations,
    errors: agent.errors,
    ops_per_sec: agent.opsPerSec,
    p99_us: agent.p99Us,
    silent_sec: agent.silentMs === null ? null : agent.silentMs / 1000,
    straggler: agent.isStraggler,
    prepared: agent.prepared?.done ?? null,
    prepare_total: agent.prepared?.total ?? null,
  })),
});
