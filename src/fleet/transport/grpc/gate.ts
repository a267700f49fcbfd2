import type { Metadata } from "@grpc/grpc-js";
import { CorralError, isPlainName, plainNameRule, quote } from "../../../report/index.ts";
import type { AgentMessage, ControlMessage } from "../../model/index.ts";
import { GateService } from "../../wire/index.ts";
import type { PingReply, Refusal, StatusReply } from "../agent-side.ts";
import { controllerCodec } from "../codecs.ts";
import type { AgentGate, WaitingAgent } from "../controller-side.ts";
import type { FleetStream, StreamListener } from "../stream.ts";
import type { GrpcStream } from "./grpc-stream.ts";
import { JoinedAgent } from "./joined-agent.ts";
import { PendingStream } from "./pending-stream.ts";
import type { ListenOptions } from "./server.ts";
import { GrpcServer } from "./server.ts";

const asIs = (bytes: Buffer): Buffer => bytes;
const service = { join: { ...GateService.join, requestDeserialize: asIs, responseSerialize: asIs } };

/** A gate is there for many, each with a connection of its own. */
const fewestConnections = 4096;

const word = (metadata: Metadata, name: string): string => String(metadata.get(name)[0] ?? "");

/** Where agents come to by themselves. */
class Gate implements AgentGate {
  address = "";
  readonly #agents = new Map<string, JoinedAgent>();
  /** Who waits for an agent that is not here, first come first served. */
  readonly #wanted: PendingStream[] = [];
  readonly #watchers = new Set<() => void>();
  #close: () => Promise<void> = async () => {};

  async listen(options: ListenOptions): Promise<void> {
    const maxConnections = Math.max(options.limits.maxConnections, fewestConnections);
    const server = new GrpcServer({ ...options, limits: { ...options.limits, maxConnections } });
    server.add(service, { join: server.streams(controllerCodec, (stream, metadata) => this.#admit(stream, metadata)) });
    const { address, close } = await server.listen();
    this.address = address;
    this.#close = close;
  }

  waiting(): readonly WaitingAgent[] {
    const waiting = [...this.#agents.values()].filter(({ isWaiting }) => isWaiting).map(({ about }) => about);
    return waiting.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  whenWaiting(count: number, signal?: AbortSignal): Promise<readonly WaitingAgent[]> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const waiting = this.waiting();
        if (waiting.length < count && signal?.aborted !== true) return;
        this.#watchers.delete(look);
        signal?.removeEventListener("abort", look);
        if (signal?.aborted === true) reject(aborted(signal));
        else resolve(waiting);
      };
      this.#watchers.add(look);
      signal?.addEventListener("abort", look);
      look();
    });
  }

  open(target: string, listener: StreamListener<AgentMessage>): FleetStream<ControlMessage> {
    const stream = new PendingStream(target, listener);
    const agent = this.#agents.get(target);
    if (agent?.isWaiting === true) stream.attach(agent);
    else this.#wanted.push(stream);
    return stream;
  }

  async ping(target: string, signal?: AbortSignal): Promise<PingReply> {
    const agent = this.#agents.get(target);
    if (agent?.isWaiting === true) return agent.ping(signal);
    throw new CorralError("FLEET_UNREACHABLE", `no agent ${quote(target)} waits here`, {
      object: target,
      fix: "start it with corral agent --join",
    });
  }

  async status(target: string): Promise<StatusReply> {
    const agent = this.#agents.get(target);
    const version = agent?.about.version ?? "";
    return { version, agentId: agent?.isWaiting === false ? target : "", state: "" };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const stream of this.#wanted) stream.cut("the gate was closed");
    await this.#close();
  }

  /** An agent has come. One that comes again has lost its connection, and ours may not know of it yet. */
  #admit(stream: GrpcStream<ControlMessage, AgentMessage>, metadata: Metadata): StreamListener<AgentMessage> | Refusal {
    const name = word(metadata, "corral-agent");
    if (!isPlainName(name)) return refused(`the name of an agent is ${plainNameRule}, not ${quote(name, 80)}`);
    const before = this.#agents.get(name);
    if (before?.isWaiting === false) return refused(`an agent ${name} is here already, and has a run`);
    before?.stream.cut("an agent of this name has come again");
    const about = {
      name,
      peer: stream.peer,
      version: word(metadata, "corral-version"),
      capabilities: word(metadata, "corral-capabilities")
        .split(",")
        .filter((one) => one !== ""),
    };
    const agent = new JoinedAgent(about, stream, () => {
      if (this.#agents.get(name) === agent) this.#agents.delete(name);
    });
    this.#agents.set(name, agent);
    setImmediate(() => this.#offer(agent));
    return agent.listener;
  }

  #offer(agent: JoinedAgent): void {
    const at = this.#wanted.findIndex(({ peer, isOver }) => peer === agent.about.name && !isOver);
    const [wanted] = at === -1 ? [] : this.#wanted.splice(at, 1);
    if (agent.isWaiting) wanted?.attach(agent);
    for (const look of [...this.#watchers]) look();
  }
}

const refused = (why: string): Refusal => ({ why, isPassing: false });

const aborted = (signal: AbortSignal): CorralError =>
  new CorralError("ABORTED", "waiting for agents was ended", { cause: signal.reason });

/**
 * Lets agents come to a controller by themselves.
 * @throws CorralError LISTEN_FAILED, FLEET_INSECURE, FLEET_CREDENTIALS
 */
export async function openGate(options: ListenOptions): Promise<AgentGate> {
  const gate = new Gate();
  await gate.listen(options);
  return gate;
}
