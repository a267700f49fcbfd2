import { CorralError } from "../../../report/index.ts";
import type { AgentMessage, ControlMessage } from "../../model/index.ts";
import type { FleetStream, StreamListener } from "../stream.ts";
import type { JoinedAgent } from "./joined-agent.ts";

/** A stream to an agent that may still have to come. */
export class PendingStream implements FleetStream<ControlMessage> {
  readonly peer: string;
  readonly #listener: StreamListener<AgentMessage>;
  #agent: JoinedAgent | null = null;
  #isOver = false;
  /** Said before the agent has come. */
  readonly #waiting: ControlMessage[] = [];

  constructor(target: string, listener: StreamListener<AgentMessage>) {
    this.peer = target;
    this.#listener = listener;
  }

  /** Whether nobody wants the agent any more. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get isClear(): boolean {
    return this.#agent?.stream.isClear ?? this.#waiting.length === 0;
  }

  /** The agent is here. */
  attach(agent: JoinedAgent): void {
    this.#agent = agent;
    setImmediate(() => {
      if (this.#isOver) return;
      agent.take(this.#listener);
      for (const message of this.#waiting.splice(0)) agent.stream.send(message);
    });
  }

  send(message: ControlMessage): void {
    if (this.#isOver) return;
    if (this.#agent === null || this.#agent.isWaiting) this.#waiting.push(message);
    else this.#agent.stream.send(message);
  }

  async close(): Promise<void> {
    if (this.#agent === null) this.cut("it was closed");
    else await this.#agent.stream.close();
  }

  cut(why: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#agent !== null && !this.#agent.isWaiting) return this.#agent.stream.cut(why);
    const error = new CorralError("FLEET_UNREACHABLE", `${this.peer} has not come: ${why}`, {
      object: this.peer,
      fix: "start it with corral agent --join",
    });
    setImmediate(() => this.#listener.ended(error));
    return undefined;
  }
}
