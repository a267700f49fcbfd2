import { CorralError, formatTable } from "../../report/index.ts";
import type { FleetClock } from "../clock/index.ts";
import type { ClockSample } from "../controller/index.ts";
import { estimateClock, roundTripNs } from "../controller/index.ts";
import type { AgentDialer, PingReply, StatusReply } from "../transport/index.ts";

/** What one agent answered, or why it did not. */
export interface AgentAnswer {
  /** As it was asked for. */
  readonly agent: string;
  readonly reachable: boolean;
  /** Null when it is not reachable, and so with all that follows. */
  readonly version: string | null;
  readonly capabilities: readonly string[] | null;
  /** What it does: idle when there is no run. */
  readonly state: string | null;
  /** Of the run that is under way. */
  readonly run_as: string | null;
  /** How far its clock is ahead of ours. */
  readonly clock_offset_us: number | null;
  /** By how much that may be wrong. */
  readonly clock_error_us: number | null;
  /** The shortest way there and back. */
  readonly round_trip_us: number | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

/** `corral fleet ping --json`. */
export interface PingDocument {
  readonly schema: "corral.fleet-ping/1";
  readonly agents: readonly AgentAnswer[];
}

/** How agents are asked. */
export interface PingOptions {
  readonly dialer: AgentDialer;
  readonly clock: FleetClock;
  /** For all answers of one agent. */
  readonly limitMs: number;
  /** Exchanges that the clock is estimated from. */
  readonly exchanges: number;
}

const microseconds = (ns: bigint): number => Number(ns) / 1000;

interface Heard {
  readonly reply: PingReply;
  readonly status: StatusReply;
  readonly samples: readonly ClockSample[];
}

async function ask(agent: string, { dialer, clock, exchanges }: PingOptions, signal: AbortSignal): Promise<Heard> {
  // The first exchange pays for the connection.
  let reply = await dialer.ping(agent, signal);
  const samples: ClockSample[] = [];
  for (let at = 0; at < exchanges; at += 1) {
    const sentNs = clock.wallNs();
    reply = await dialer.ping(agent, signal);
    samples.push({ sentNs, arrivedNs: clock.wallNs(), agentReceivedNs: reply.receivedNs, agentSentNs: reply.sentNs });
  }
  return { reply, samples, status: await dialer.status(agent, signal) };
}

function answerOf(agent: string, { reply, status, samples }: Heard): AgentAnswer {
  const estimate = estimateClock(samples);
  return {
    agent,
    reachable: true,
    version: reply.version,
    capabilities: reply.capabilities,
    state: status.state === "" ? "idle" : status.state,
    run_as: status.agentId === "" ? null : status.agentId,
    clock_offset_us: estimate === null ? null : microseconds(estimate.offsetNs),
    clock_error_us: estimate === null ? null : microseconds(estimate.errorNs),
    round_trip_us: samples.length === 0 ? null : Math.min(...samples.map((one) => microseconds(roundTripNs(one)))),
    error: null,
  };
}

const noAnswer = (agent: string, { code, message }: CorralError): AgentAnswer => ({
  agent,
  reachable: false,
  version: null,
  capabilities: null,
  state: null,
  run_as: null,
  clock_offset_us: null,
  clock_error_us: null,
  round_trip_us: null,
  error: { code, message },
});

async function pingOne(agent: string, options: PingOptions): Promise<AgentAnswer> {
  const { limitMs } = options;
  const over = new AbortController();
  const why = new CorralError("FLEET_UNREACHABLE", `${agent} did not answer within ${limitMs} ms`, { object: agent });
  const timer = setTimeout(() => over.abort(why), limitMs);
  try {
    return answerOf(agent, await ask(agent, options, over.signal));
  } catch (thrown) {
    return noAnswer(agent, CorralError.from(thrown));
  } finally {
    clearTimeout(timer);
  }
}

/** Asks all agents at once. Never rejects: who does not answer is told with the reason. */
export const pingAgents = async (agents: readonly string[], options: PingOptions): Promise<PingDocument> => ({
  schema: "corral.fleet-ping/1",
  agents: await Promise.all(agents.map((agent) => pingOne(agent, options))),
});

const ms = (us: number | null): string => (us === null ? "-" : (us / 1000).toFixed(3));

/** The answers as a table for people, and a line for each that there is none of. */
export function pingText({ agents }: PingDocument): string {
  const rows = agents.map((one) => [
    one.agent,
    one.version ?? "-",
    one.state === null ? "no answer" : `${one.state}${one.run_as === null ? "" : ` as ${one.run_as}`}`,
    ms(one.clock_offset_us),
    ms(one.clock_error_us),
    ms(one.round_trip_us),
    one.capabilities?.join(",") ?? "-",
  ]);
  const table = formatTable(["AGENT", "VERSION", "STATE", "CLOCK MS", "± MS", "RTT MS", "CAN RUN"], rows);
  return [table, ...agents.flatMap(({ error }) => (error === null ? [] : [`${error.message}\n`]))].join("");
}
