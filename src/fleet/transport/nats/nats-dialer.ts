import type { AgentMessage, ControlMessage } from "../../model/index.ts";
import { PingWire, StatusWire } from "../../wire/index.ts";
import type { PingReply, StatusReply } from "../agent-side.ts";
import { controllerCodec, pingOfWire, statusOfWire } from "../codecs.ts";
import type { AgentDialer } from "../controller-side.ts";
import type { FleetStream, StreamListener } from "../stream.ts";
import type { Broker } from "./broker.ts";
import { connectBroker } from "./broker.ts";
import { formatBrokerAddress } from "./broker-address.ts";
import type { BrokerOptions } from "./broker-login.ts";
import { loginOptions } from "./broker-login.ts";
import { questionError, refusedError } from "./failures.ts";
import type { PresentAgent } from "./greetings.ts";
import { readOpenAnswer, writeCaller } from "./greetings.ts";
import { NatsStream } from "./nats-stream.ts";
import { callRoll } from "./roll-call.ts";
import type { Lanes } from "./subjects.ts";

/** A controller's way to agents that are at a broker: `target` is an agent's name. */
export interface BrokerDialer extends AgentDialer {
  /**
   * Settles when so many agents are there, busy or not, or at the signal: with those that are there, by their names.
   * @throws CorralError FLEET_UNREACHABLE, FLEET_DENIED
   */
  whenPresent(count: number, signal?: AbortSignal): Promise<readonly PresentAgent[]>;
}

type ControllerStream = NatsStream<ControlMessage, AgentMessage>;

class Dialer implements BrokerDialer {
  readonly #options: BrokerOptions;
  readonly #where: string;
  readonly #streams = new Set<ControllerStream>();
  /** Null: there was none yet, or it does not come again. */
  #broker: Promise<Broker> | null = null;

  constructor(options: BrokerOptions) {
    this.#options = options;
    this.#where = formatBrokerAddress(options.address);
    // What is wrong with it is told at once.
    loginOptions(options);
  }

  open(target: string, listener: StreamListener<AgentMessage>): FleetStream<ControlMessage> {
    let onGone = (): void => {};
    const stream: ControllerStream = new NatsStream({
      peer: target,
      codec: controllerCodec,
      isKept: ({ kind }) => kind !== "ping",
      limits: this.#options.limits,
      onGone: () => {
        this.#streams.delete(stream);
        onGone();
      },
    });
    this.#streams.add(stream);
    stream.hear(listener);
    void this.#knock(target, stream, (leave) => {
      onGone = leave;
    });
    return stream;
  }

  async ping(target: string, signal?: AbortSignal): Promise<PingReply> {
    return pingOfWire(PingWire.decode(await this.#ask(target, "ping", signal)));
  }

  async status(target: string, signal?: AbortSignal): Promise<StatusReply> {
    return statusOfWire(StatusWire.decode(await this.#ask(target, "status", signal)));
  }

  async whenPresent(count: number, signal?: AbortSignal): Promise<readonly PresentAgent[]> {
    return callRoll(await this.#connect(), count, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const broker = await this.#broker?.catch(() => null);
    for (const stream of this.#streams) stream.cut("the controller has ended");
    // A cut leaves on the next turn.
    await Promise.all([...this.#streams].map((stream) => stream.close()));
    await broker?.close();
  }

  #connect(): Promise<Broker> {
    if (this.#broker !== null) return this.#broker;
    const forget = (): void => {
      if (this.#broker === broker) this.#broker = null;
    };
    const broker = connectBroker(this.#options);
    this.#broker = broker;
    broker.then(({ closed }) => closed.then(forget), forget);
    return broker;
  }

  /** Asks an agent to take a stream. */
  async #knock(target: string, stream: ControllerStream, onGone: (leave: () => void) => void): Promise<void> {
    try {
      const broker = await this.#connect();
      const { open, lanes } = broker.subjects;
      const { data } = await broker.ask(open(target), writeCaller(this.#options.name), this.#answerMs);
      const answer = readOpenAnswer(data);
      if (answer === null) throw new Error("its answer is none of this protocol");
      if ("refused" in answer) return stream.refuse(refusedError(target, answer));
      return this.#begin(broker, stream, lanes(target, answer.session), onGone);
    } catch (thrown) {
      return stream.refuse(questionError(target, this.#where, thrown));
    }
  }

  #begin(broker: Broker, stream: ControllerStream, lanes: Lanes, onGone: (leave: () => void) => void): void {
    const { toAgent, toController, all } = lanes;
    if (stream.isOver)
      return broker.tell(toAgent.live, { kind: "cut", number: 0, after: 0, bytes: Buffer.from("it came too late") });
    onGone(() => void broker.store.remove(all));
    return stream.open({ broker, say: toAgent, hear: toController });
  }

  async #ask(target: string, what: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
    signal?.throwIfAborted();
    try {
      const broker = await this.#connect();
      const asked = broker.ask(broker.subjects.ask(target), Buffer.from(what), this.#answerMs);
      return (await Promise.race([asked, ...(signal === undefined ? [] : [whenAborted(signal)])])).data;
    } catch (thrown) {
      signal?.throwIfAborted();
      throw questionError(target, this.#where, thrown);
    }
  }

  get #answerMs(): number {
    const { keepaliveMs, keepaliveAnswerMs } = this.#options.limits;
    return keepaliveMs + keepaliveAnswerMs;
  }
}

/** Rejects when it is aborted. */
const whenAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });

/**
 * Goes to agents over a broker, which is come by when the first is wanted.
 * @throws CorralError FLEET_INSECURE, FLEET_CREDENTIALS, USAGE
 */
export const dialOverNats = (options: BrokerOptions): BrokerDialer => new Dialer(options);
