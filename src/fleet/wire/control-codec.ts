import type { ControlMessage } from "../model/index.ts";
import type { ControlMessage as ControlWire } from "./generated/fleet.ts";
import { ControlMessage_Command as Command } from "./generated/fleet.ts";

const empty: ControlWire = {
  command: Command.PING,
  config_yaml: "",
  agent_id: "",
  path_prefix: "",
  start_timestamp_ns: 0n,
  ack_sequence: 0n,
  agent_index: 0,
  num_agents: 0,
  abort_reason: "",
  ping_id: 0n,
  sent_ns: 0n,
  local_start_ns: 0n,
  stage_index: 0,
};

/** As it is written to the wire. */
export function encodeControl(message: ControlMessage): ControlWire {
  switch (message.kind) {
    case "start": {
      const { agentId, config, pathPrefix, index, count } = message.assignment;
      const parts = { config_yaml: config, agent_id: agentId, path_prefix: pathPrefix };
      return { ...empty, command: Command.START, ...parts, agent_index: index, num_agents: count };
    }
    case "go":
      return {
        ...empty,
        command: Command.START,
        start_timestamp_ns: message.startNs,
        local_start_ns: message.localStartNs,
        stage_index: message.stage,
      };
    case "ping":
      return { ...empty, ping_id: message.id, sent_ns: message.sentNs };
    case "abort":
      return { ...empty, command: Command.ABORT, abort_reason: message.reason };
    case "acknowledge":
      return { ...empty, command: Command.ACKNOWLEDGE, ack_sequence: message.sequence };
  }
}

/** What an agent is told; a text: why it is no message. */
export function decodeControl(wire: ControlWire): ControlMessage | string {
  const { command } = wire;
  if (command === Command.PING) return { kind: "ping", id: wire.ping_id, sentNs: wire.sent_ns };
  if (command === Command.ABORT) return { kind: "abort", reason: wire.abort_reason };
  if (command === Command.ACKNOWLEDGE) return { kind: "acknowledge", sequence: wire.ack_sequence };
  if (command === Command.START) return decodeStart(wire);
  return `command ${String(command)} is not known`;
}

function decodeStart(wire: ControlWire): ControlMessage | string {
  const startNs = wire.start_timestamp_ns;
  if (startNs !== 0n && wire.config_yaml !== "") return "START has a configuration and a moment; one of them is due";
  // Who estimates no clocks gives the moment once.
  if (startNs !== 0n) {
    const localStartNs = wire.local_start_ns === 0n ? startNs : wire.local_start_ns;
    return { kind: "go", startNs, localStartNs, stage: wire.stage_index };
  }
  if (wire.config_yaml === "") return "START has neither a configuration nor a moment";
  if (wire.agent_index >= Math.max(1, wire.num_agents))
    return `agent_index is ${wire.agent_index}, of ${wire.num_agents} agents`;
  return {
    kind: "start",
    assignment: {
      agentId: wire.agent_id,
      config: wire.config_yaml,
      pathPrefix: wire.path_prefix,
      index: wire.agent_index,
      count: Math.max(1, wire.num_agents),
    },
  };
}
