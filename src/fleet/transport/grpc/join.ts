import type { CorralError } from "../../../report/index.ts";
import type { ControlMessage } from "../../model/index.ts";
import { GateService } from "../../wire/index.ts";
import type { HostAddress } from "../address.ts";
import { formatHostAddress } from "../address.ts";
import type { AgentDoor, AgentLetter, AgentService } from "../agent-side.ts";
import { agentCodec } from "../codecs.ts";
import { refuseInsecureCalling } from "../security.ts";
import type { FleetStream, StreamListener } from "../stream.ts";
import type { CallOptions } from "./client.ts";
import { callerMetadata, openStream } from "./client.ts";

/** How an agent is to go to its controller. */
export interface JoinOptions extends CallOptions {
  readonly address: HostAddress;
  /** By which the controller knows it. */
  readonly name: string;
  /** It waits there; or it could not, or was sent away, with the reason, and tries again. */
  readonly onChange?: (state: "waiting" | "away", error: CorralError | null) => void;
}

/** Pauses between two attempts. */
const firstPauseMs = 500;
const longestPauseMs = 15_000;
const busyMs = 50;

/** Goes to a controller, and comes again after every run and every failure. */
class Joiner {
  readonly #agent: AgentService;
  readonly #options: JoinOptions;
  #stream: FleetStream<AgentLetter> | null = null;
  #pauseMs = firstPauseMs;
  #timer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(agent: AgentService, options: JoinOptions) {
    this.#agent = agent;
    this.#options = options;
  }

  go(): void {
    if (this.#isClosed) return;
    // It still cleans up after its last run.
    if (this.#agent.status().state !== "") {
      this.#timer = setTimeout(() => this.go(), busyMs);
      return;
    }
    const { address, security, name } = this.#options;
    const { version, capabilities } = this.#agent.ping();
    const about = {
      "corral-agent": name,
      "corral-version": version,
      "corral-capabilities": capabilities.join(","),
    };
    const metadata = callerMetadata(security, about);
    const call = { address, options: this.#options, path: GateService.join.path, metadata, codec: agentCodec };
    this.#stream = openStream(call, this.#listener());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    await this.#stream?.close();
  }

  /** The run that may come on one stream. */
  #listener(): StreamListener<ControlMessage> {
    let run: StreamListener<ControlMessage> | null = null;
    return {
      opened: () => {
        this.#pauseMs = firstPauseMs;
        this.#options.onChange?.("waiting", null);
      },
      message: (message) => {
        if (run === null && message.kind === "ping") return this.#answer(message.id);
        run ??= this.#begin();
        return run?.message(message);
      },
      garbled: (what) => run?.garbled(what),
      cleared: () => run?.cleared?.(),
      ended: (error) => {
        run?.ended(error);
        if (this.#isClosed) return;
        this.#options.onChange?.("away", error);
        this.#again(run !== null);
      },
    };
  }

  #begin(): StreamListener<ControlMessage> | null {
    const stream = this.#stream;
    if (stream === null) return null;
    const listener = this.#agent.accept(stream);
    if (!("why" in listener)) return listener;
    stream.cut(listener.why);
    return null;
  }

  #answer(id: bigint): void {
    const { receivedNs, sentNs } = this.#agent.ping();
    const pong = { kind: "pong", id, receivedNs, sentNs, sequence: 0n } as const;
    this.#stream?.send({ agentId: this.#options.name, message: pong });
  }

  /** After a run at once, else after a pause that grows. */
  #again(hadRun: boolean): void {
    const pauseMs = hadRun ? 0 : this.#pauseMs * (0.75 + Math.random() / 2);
    if (!hadRun) this.#pauseMs = Math.min(2 * this.#pauseMs, longestPauseMs);
    this.#timer = setTimeout(() => this.go(), pauseMs);
  }
}

/**
 * Goes to a controller that cannot call its agent, and stays there until it is closed.
 * @throws CorralError FLEET_INSECURE
 */
export function joinController(agent: AgentService, options: JoinOptions): AgentDoor {
  refuseInsecureCalling(options.address, options.security);
  const joiner = new Joiner(agent, options);
  joiner.go();
  return { address: formatHostAddress(options.address), close: () => joiner.close() };
}
