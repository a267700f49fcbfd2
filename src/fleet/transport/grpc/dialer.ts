import type { Client } from "@grpc/grpc-js";
import type { AgentMessage, ControlMessage } from "../../model/index.ts";
import { AgentService, agentBytes, controlBytes } from "../../wire/index.ts";
import { parseHostAddress } from "../address.ts";
import type { PingReply, StatusReply } from "../agent-side.ts";
import type { AgentDialer } from "../controller-side.ts";
import type { FleetStream, StreamListener } from "../stream.ts";
import type { CallOptions } from "./client.ts";
import { ask, callerMetadata, openClient, openStream } from "./client.ts";

const codec = { encode: controlBytes.encode, decode: agentBytes.decode };

/** Calls agents that listen. */
class Dialer implements AgentDialer {
  readonly #options: CallOptions;
  /** For questions, by target: the connection of the first serves the next. */
  readonly #clients = new Map<string, Client>();

  constructor(options: CallOptions) {
    this.#options = options;
  }

  open(target: string, listener: StreamListener<AgentMessage>): FleetStream<ControlMessage> {
    const metadata = callerMetadata(this.#options.security);
    const address = parseHostAddress(target);
    return openStream({ address, options: this.#options, path: AgentService.execute.path, metadata, codec }, listener);
  }

  async ping(target: string, signal?: AbortSignal): Promise<PingReply> {
    const reply = await this.#ask(target, AgentService.ping, { ping_id: 0n }, signal);
    const { version, capabilities, received_ns, sent_ns } = reply;
    return { version, capabilities, receivedNs: received_ns, sentNs: sent_ns };
  }

  async status(target: string, signal?: AbortSignal): Promise<StatusReply> {
    const { version, agent_id, state } = await this.#ask(target, AgentService.status, {}, signal);
    return { version, agentId: agent_id, state };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients.values()) client.close();
    this.#clients.clear();
  }

  #ask<Request, Reply>(
    target: string,
    method: Parameters<typeof ask<Request, Reply>>[2],
    request: Request,
    signal: AbortSignal | undefined,
  ): Promise<Reply> {
    const client = this.#clients.get(target) ?? openClient(parseHostAddress(target), this.#options);
    this.#clients.set(target, client);
    return ask(client, target, method, request, callerMetadata(this.#options.security), signal);
  }
}

/** A controller's way to agents that listen: `target` is `host`, `host:port` or `[ipv6]:port`. */
export const dialAgents = (options: CallOptions): AgentDialer => new Dialer(options);
