import type { Client } from "@grpc/grpc-js";
import type { AgentMessage, ControlMessage } from "../../model/index.ts";
import { AgentService } from "../../wire/index.ts";
import { parseHostAddress } from "../address.ts";
import type { PingReply, StatusReply } from "../agent-side.ts";
import { controllerCodec, pingOfWire, statusOfWire } from "../codecs.ts";
import type { AgentDialer } from "../controller-side.ts";
import type { FleetStream, StreamListener } from "../stream.ts";
import type { CallOptions } from "./client.ts";
import { ask, callerMetadata, openClient, openStream } from "./client.ts";

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
    const call = { address, options: this.#options, path: AgentService.execute.path, metadata, codec: controllerCodec };
    return openStream(call, listener);
  }

  async ping(target: string, signal?: AbortSignal): Promise<PingReply> {
    return pingOfWire(await this.#ask(target, AgentService.ping, { ping_id: 0n }, signal));
  }

  async status(target: string, signal?: AbortSignal): Promise<StatusReply> {
    return statusOfWire(await this.#ask(target, AgentService.status, {}, signal));
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
