import type { AgentMessage, ControlMessage } from "../model/index.ts";
import { decodeAgent, encodeAgent } from "./agent-codec.ts";
import { decodeControl, encodeControl } from "./control-codec.ts";
import { AgentMessage as AgentWire, ControlMessage as ControlWire } from "./generated/fleet.ts";
import { readInPlace } from "./report-reader.ts";

/** What bytes say, or a text: why they say nothing. */
function reading<Wire, Heard>(what: string, decode: (bytes: Uint8Array) => Wire, meaning: (wire: Wire) => Heard) {
  return (bytes: Uint8Array): Heard | string => {
    let wire: Wire;
    try {
      wire = decode(bytes);
    } catch (thrown) {
      const why = thrown instanceof Error ? thrown.message : String(thrown);
      return `${bytes.length} bytes are no ${what}: ${why}`;
    }
    return meaning(wire);
  };
}

/** A message of a controller as the bytes that every transport carries. */
export const controlBytes = {
  encode: (message: ControlMessage): Uint8Array => ControlWire.encode(encodeControl(message)).finish(),
  decode: reading<ControlWire, ControlMessage | string>(
    "ControlMessage",
    (bytes) => ControlWire.decode(bytes),
    decodeControl,
  ),
};

const readPlainly = reading<AgentWire, AgentMessage | string>(
  "AgentMessage",
  (bytes) => AgentWire.decode(bytes),
  decodeAgent,
);

/** A message of an agent as the bytes that every transport carries. */
export const agentBytes = {
  encode: (agentId: string, message: AgentMessage): Uint8Array =>
    AgentWire.encode(encodeAgent(agentId, message)).finish(),
  decode: (bytes: Uint8Array): AgentMessage | string => readInPlace(bytes) ?? readPlainly(bytes),
};
