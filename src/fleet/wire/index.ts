/*
 * How messages are written to a wire: fleet.proto, the code made from it, and what its fields mean. It knows neither
 * connections nor states.
 */
export { agentBytes, controlBytes } from "./bytes.ts";
export {
  AgentService,
  GateService,
  PingReply as PingWire,
  StatusReply as StatusWire,
} from "./generated/fleet.ts";
