import { randomUUID } from "node:crypto";
import { CorralError, quote } from "../../../report/index.ts";
import type { AgentMessage, ControlMessage } from "../../model/index.ts";
import { isTerminal } from "../../model/index.ts";
import { PingWire, StatusWire } from "../../wire/index.ts";
import type { AgentDoor, AgentLetter, AgentService } from "../agent-side.ts";
import { agentCodec, pingToWire, statusToWire } from "../codecs.ts";
import type { Broker } from "./broker.ts";
import { connectBroker } from "./broker.ts";
import { formatBrokerAddress } from "./broker-address.ts";
import type { BrokerOptions } from "./broker-login.ts";
import { loginOptions, refuseOpenBroker } from "./broker-login.ts";
import { brokerError, lostError } from "./failures.ts";
import { readCaller, writeOpenAnswer, writePresence } from "./greetings.ts";
import type { Msg } from "./nats-client.ts";
import { NatsStream } from "./nats-stream.ts";

/** How an agent is to be at a broker. Its name is the one that controllers know it by. */
export interface NatsDoorOptions extends BrokerOptions {
  /** It can be reached; or it could not be at the broker, or lost it, with the reason, and tries again. */
  readonly onChange?: (state: "waiting" | "away", error: CorralError | null) => void;
}

/** Pauses between two attempts. */
const firstPauseMs = 500;
const longestPauseMs = 15_000;
/** What an agent says once, apart from its last word. */
const saidOnce: readonly AgentMessage["kind"][] = ["ready", "stage_done", "arrived"];
/** For another agent of this name to say that it is there. */
const twinMs = 1000;

/** An agent at a broker. */
class NatsDoor implements AgentDoor {
  readonly address: string;
  readonly #agent: AgentService;
  readonly #options: NatsDoorOptions;
  readonly #streams = new Set<NatsStream<AgentLetter, ControlMessage>>();
  #broker: Broker | null = null;
  #pauseMs = firstPauseMs;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(agent: AgentService, options: NatsDoorOptions) {
    this.address = formatBrokerAddress(options.address);
    this.#agent = agent;
    this.#options = options;
  }

  /** Comes to the broker, and comes again when it does not let us stay. */
  async go(): Promise<void> {
    try {
      const broker = await connectBroker(this.#options);
      this.#broker = broker;
      if (this.#isClosed) return await broker.close();
      await this.#settle(broker);
      this.#pauseMs = firstPauseMs;
      const error = await broker.closed;
      if (this.#isClosed) return;
      this.#tell("away", error === null ? null : brokerError(this.address, error));
    } catch (thrown) {
      await this.#broker?.close();
      this.#tell("away", CorralError.from(thrown));
    }
    this.#again();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await Promise.all([...this.#streams].map((stream) => stream.close()));
    this.#broker?.call(this.#broker.subjects.presence, this.#presence(false));
    await this.#broker?.close();
  }

  #again(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.go(), this.#pauseMs * (0.75 + Math.random() / 2));
    this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
  }

  /** From here on it can be reached. */
  async #settle(broker: Broker): Promise<void> {
    const { name } = this.#options;
    refuseOpenBroker(this.#options, broker.manners);
    const { subjects } = broker;
    await this.#refuseTwin(broker);
    broker.listen(subjects.open(name), (message) => this.#open(broker, message));
    broker.listen(subjects.ask(name), (message) => this.#answer(message));
    broker.listen(subjects.roll, (message) => void message.respond(this.#presence(true)));
    const arrive = (): void => {
      broker.call(subjects.presence, this.#presence(true));
      this.#tell("waiting", null);
    };
    broker.watch((news) => {
      if (news === "back") arrive();
      else this.#tell("away", news === "away" ? lostError(this.address, "the connection is gone") : news);
    });
    arrive();
  }

  /** Both would take each stream. */
  async #refuseTwin(broker: Broker): Promise<void> {
    const { name } = this.#options;
    try {
      await broker.ask(broker.subjects.ask(name), Buffer.from("ping"), twinMs);
    } catch (thrown) {
      const error = brokerError(this.address, thrown);
      if (error.code === "FLEET_DENIED") throw error;
      return;
    }
    throw new CorralError("FLEET_BUSY", `an agent ${name} is at ${this.address} already`, {
      object: name,
      fix: "give this one another --name",
    });
  }

  #open(broker: Broker, message: Msg): void {
    const session = randomUUID();
    const { toAgent, toController } = broker.subjects.lanes(this.#options.name, session);
    const stream = new NatsStream<AgentLetter, ControlMessage>({
      peer: quote(readCaller(message.data), 80),
      codec: agentCodec,
      isKept: ({ message: said }) => saidOnce.includes(said.kind) || isTerminal(said),
      limits: this.#options.limits,
      onGone: () => void this.#streams.delete(stream),
    });
    const listener = this.#agent.accept(stream);
    if ("why" in listener)
      return void message.respond(writeOpenAnswer({ refused: listener.why, isPassing: listener.isPassing }));
    this.#streams.add(stream);
    stream.hear(listener);
    stream.open({ broker, say: toController, hear: toAgent });
    return void message.respond(writeOpenAnswer({ session }));
  }

  #answer(message: Msg): void {
    const wantsStatus = Buffer.from(message.data).toString("latin1") === "status";
    message.respond(
      wantsStatus
        ? StatusWire.encode(statusToWire(this.#agent.status())).finish()
        : PingWire.encode(pingToWire(this.#agent.ping(), 0n)).finish(),
    );
  }

  #presence(isThere: boolean): Uint8Array {
    const { version, capabilities } = this.#agent.ping();
    return writePresence({ name: this.#options.name, version, capabilities, isThere });
  }

  #tell(state: "waiting" | "away", error: CorralError | null): void {
    if (!this.#isClosed) this.#options.onChange?.(state, error);
  }
}

/**
 * Lets controllers reach an agent over a broker, until it is closed.
 * @throws CorralError FLEET_INSECURE, FLEET_CREDENTIALS, USAGE
 */
export function serveOverNats(agent: AgentService, options: NatsDoorOptions): AgentDoor {
  loginOptions(options);
  const door = new NatsDoor(agent, options);
  void door.go();
  return door;
}
