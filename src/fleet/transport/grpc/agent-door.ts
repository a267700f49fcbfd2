import type { ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import type { PingWire, StatusWire } from "../../wire/index.ts";
import { AgentService, agentBytes, controlBytes } from "../../wire/index.ts";
import type { AgentService as Agent, AgentDoor, AgentLetter } from "../agent-side.ts";
import type { ListenOptions } from "./server.ts";
import { GrpcServer } from "./server.ts";

export const agentCodec = {
  encode: ({ agentId, message }: AgentLetter): Uint8Array => agentBytes.encode(agentId, message),
  decode: controlBytes.decode,
};

const asIs = (bytes: Buffer): Buffer => bytes;

/** Bytes that are no message are our business, not the library's. */
const service = {
  ...AgentService,
  execute: { ...AgentService.execute, requestDeserialize: asIs, responseSerialize: asIs },
};

/**
 * Lets controllers call an agent.
 * @throws CorralError LISTEN_FAILED, FLEET_INSECURE, FLEET_CREDENTIALS
 */
export async function listenForControllers(agent: Agent, options: ListenOptions): Promise<AgentDoor> {
  const server = new GrpcServer(options);
  server.add(service, {
    execute: server.streams(agentCodec, (stream) => agent.accept(stream)),
    ping: ({ request }: ServerUnaryCall<{ ping_id: bigint }, PingWire>, reply: sendUnaryData<PingWire>) => {
      const { version, capabilities, receivedNs, sentNs } = agent.ping();
      reply(null, {
        version,
        ping_id: request.ping_id,
        received_ns: receivedNs,
        sent_ns: sentNs,
        capabilities: [...capabilities],
      });
    },
    status: (_: unknown, reply: sendUnaryData<StatusWire>) => {
      const { version, agentId, state } = agent.status();
      reply(null, { version, agent_id: agentId, state });
    },
  });
  return server.listen();
}
