import { CorralError } from "../../../report/index.ts";
import type { AgentMessage, ControlMessage } from "../../model/index.ts";
import type { PingReply } from "../agent-side.ts";
import type { WaitingAgent } from "../controller-side.ts";
import type { StreamListener } from "../stream.ts";
import type { GrpcStream } from "./grpc-stream.ts";

/** An agent that has come to the gate: until a run takes it, it only answers pings. */
export class JoinedAgent {
  readonly about: WaitingAgent;
  readonly stream: GrpcStream<ControlMessage, AgentMessage>;
  readonly #onGone: () => void;
  #run: StreamListener<AgentMessage> | null = null;
  #isGone = false;
  #pings = 0n;
  readonly #asked = new Map<bigint, (answer: PingReply | CorralError) => void>();

  constructor(about: WaitingAgent, stream: GrpcStream<ControlMessage, AgentMessage>, onGone: () => void) {
    this.about = about;
    this.stream = stream;
    this.#onGone = onGone;
  }

  get isWaiting(): boolean {
    return this.#run === null && !this.#isGone;
  }

  readonly listener: StreamListener<AgentMessage> = {
    message: (message) => {
      if (this.#run !== null && message.sequence > 0n) this.#run.message(message);
      else if (message.kind === "pong") this.#hearPong(message);
    },
    garbled: (what) => this.#run?.garbled(what),
    cleared: () => this.#run?.cleared?.(),
    ended: (error) => {
      this.#isGone = true;
      this.#onGone();
      for (const answer of this.#asked.values()) answer(this.#lost());
      this.#run?.ended(error);
    },
  };

  /** From here on it belongs to a run. */
  take(run: StreamListener<AgentMessage>): void {
    this.#run = run;
    run.opened?.();
  }

  /** @throws CorralError FLEET_UNREACHABLE when it goes meanwhile; what the signal is aborted with */
  ping(signal: AbortSignal | undefined): Promise<PingReply> {
    return new Promise((resolve, reject) => {
      this.#pings += 1n;
      const id = this.#pings;
      const abort = (): void => {
        this.#asked.delete(id);
        reject(signal?.reason as Error);
      };
      this.#asked.set(id, (answer) => {
        this.#asked.delete(id);
        signal?.removeEventListener("abort", abort);
        if (answer instanceof CorralError) reject(answer);
        else resolve(answer);
      });
      signal?.addEventListener("abort", abort, { once: true });
      this.stream.send({ kind: "ping", id, sentNs: 0n });
    });
  }

  #hearPong({ id, receivedNs, sentNs }: Extract<AgentMessage, { kind: "pong" }>): void {
    const { version, capabilities } = this.about;
    this.#asked.get(id)?.({ version, capabilities, receivedNs, sentNs });
  }

  #lost(): CorralError {
    return new CorralError("FLEET_UNREACHABLE", `${this.about.name} has gone`, {
      object: this.about.name,
      fix: "look at the agent's log",
    });
  }
}
