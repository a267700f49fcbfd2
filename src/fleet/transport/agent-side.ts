import type { AgentMessage, ControlMessage, WallNs } from "../model/index.ts";
import type { FleetStream, StreamListener } from "./stream.ts";

/** A message of an agent with the name that its controller gave it; empty before that. */
export interface AgentLetter {
  readonly agentId: string;
  readonly message: AgentMessage;
}

/** Who is there, and what its clock says. */
export interface PingReply {
  readonly version: string;
  /** What it can run: command, scenario, file, http, memory. */
  readonly capabilities: readonly string[];
  /** When the request came and when this was sent, by the agent's clock. */
  readonly receivedNs: WallNs;
  readonly sentNs: WallNs;
}

/** What an agent does at the moment. */
export interface StatusReply {
  readonly version: string;
  /** Of the run that is under way; empty: none is. */
  readonly agentId: string;
  /** Of its stream: idle, preparing, ready, waiting, running, between, arrived; empty: there is none. */
  readonly state: string;
}

/** Why a stream is not taken. */
export interface Refusal {
  readonly why: string;
  /** Whether it would be taken soon, without anybody doing anything. */
  readonly isPassing: boolean;
}

/** What a transport asks of an agent. Who asks has proven that they may. */
export interface AgentService {
  /** A controller has opened a stream, which is taken or refused. */
  accept(stream: FleetStream<AgentLetter>): StreamListener<ControlMessage> | Refusal;
  ping(): PingReply;
  status(): StatusReply;
}

/** An agent that can be reached, or goes to its controller by itself, until it is closed. */
export interface AgentDoor {
  /** Where it listens, with the port that the kernel has chosen; or the controller that it goes to. */
  readonly address: string;
  /** Takes no more streams; those that there are end within `closeMs`, or are cut off. Never rejects. */
  close(): Promise<void>;
}
