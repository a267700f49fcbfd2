import type { ServerUnaryCall, sendUnaryData } from "@grpc/grpc-js";
import type { PingWire, StatusWire } from "../../wire/index.ts";
import { AgentService } from "../../wire/index.ts";
import type { AgentService as Agent, AgentDoor } from "../agent-side.ts";
import { agentCodec, pingToWire, statusToWire } from "../codecs.ts";
import type { ListenOptions } from "./server.ts";
import { GrpcServer } from "./server.ts";

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
    ping: ({ request }: ServerUnaryCall<{ ping_id: bigint }, PingWire>, reply: sendUnaryData<PingWire>) =>
      reply(null, pingToWire(agent.ping(), request.ping_id)),
    status: (_: unknown, reply: sendUnaryData<StatusWire>) => reply(null, statusToWire(agent.status())),
  });
  return server.listen();
}
