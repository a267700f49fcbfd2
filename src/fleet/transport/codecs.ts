import type { AgentMessage, ControlMessage } from "../model/index.ts";
import type { PingWire, StatusWire } from "../wire/index.ts";
import { agentBytes, controlBytes } from "../wire/index.ts";
import type { AgentLetter, PingReply, StatusReply } from "./agent-side.ts";

/** Messages of both directions as bytes. */
export interface StreamCodec<Said, Heard> {
  readonly encode: (said: Said) => Uint8Array;
  /** A text: why the bytes are no message. */
  readonly decode: (bytes: Uint8Array) => Heard | string;
}

/** Of an agent's side. */
export const agentCodec: StreamCodec<AgentLetter, ControlMessage> = {
  encode: ({ agentId, message }) => agentBytes.encode(agentId, message),
  decode: controlBytes.decode,
};

/** Of a controller's side. */
export const controllerCodec: StreamCodec<ControlMessage, AgentMessage> = {
  encode: controlBytes.encode,
  decode: agentBytes.decode,
};

export const pingToWire = ({ version, capabilities, receivedNs, sentNs }: PingReply, pingId: bigint): PingWire => ({
  version,
  ping_id: pingId,
  received_ns: receivedNs,
  sent_ns: sentNs,
  capabilities: [...capabilities],
});

export const pingOfWire = ({ version, capabilities, received_ns, sent_ns }: PingWire): PingReply => ({
  version,
  capabilities,
  receivedNs: received_ns,
  sentNs: sent_ns,
});

export const statusToWire = ({ version, agentId, state }: StatusReply): StatusWire => ({
  version,
  agent_id: agentId,
  state,
});

export const statusOfWire = ({ version, agent_id, state }: StatusWire): StatusReply => ({
  version,
  agentId: agent_id,
  state,
});
