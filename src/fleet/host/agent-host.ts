import { quote } from "../../report/index.ts";
import type { FleetClock } from "../clock/index.ts";
import type { AgentLimits, ControlMessage } from "../model/index.ts";
import type {
  AgentLetter,
  AgentService,
  FleetStream,
  PingReply,
  Refusal,
  StatusReply,
  StreamListener,
} from "../transport/index.ts";
import type { WorkMaker } from "../work/index.ts";
import { workKinds } from "../work/index.ts";
import type { AgentLog } from "./agent-log.ts";
import { RunHost } from "./run-host.ts";

/** What an agent is. */
export interface AgentHostOptions {
  readonly version: string;
  readonly clock: FleetClock;
  readonly limits: AgentLimits;
  readonly makeWork: WorkMaker;
  readonly log: AgentLog;
}

/** An agent: one run at a time, any number after each other. */
export class AgentHost implements AgentService {
  readonly #options: AgentHostOptions;
  #run: RunHost | null = null;
  #ending: string | null = null;
  #onIdle: () => void = () => {};

  constructor(options: AgentHostOptions) {
    this.#options = options;
  }

  accept(stream: FleetStream<AgentLetter>): StreamListener<ControlMessage> | Refusal {
    const { log, clock, limits, makeWork } = this.#options;
    const refusal = this.#refusal();
    if (refusal !== null) {
      log("refused", { peer: stream.peer, why: refusal.why });
      return refusal;
    }
    log("opened", { peer: stream.peer });
    const run = new RunHost({
      stream,
      clock,
      limits,
      makeWork,
      log: (kind, fields) => log(kind, { peer: stream.peer, agent: run.agentId, ...fields }),
      onFree: () => this.#free(run),
    });
    this.#run = run;
    return run.listener;
  }

  ping(): PingReply {
    const { version, clock } = this.#options;
    const receivedNs = clock.wallNs();
    return { version, capabilities: workKinds, receivedNs, sentNs: clock.wallNs() };
  }

  status(): StatusReply {
    return { version: this.#options.version, agentId: this.#run?.agentId ?? "", state: this.#run?.state ?? "" };
  }

  /** Ends the run that there is, and takes no more; settles when nothing of it is left. */
  async end(reason: string): Promise<void> {
    this.#ending = reason;
    if (this.#run === null) return;
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
    this.#run.abort(reason);
    await idle;
  }

  #refusal(): Refusal | null {
    if (this.#ending !== null) return { why: `the agent ends: ${this.#ending}`, isPassing: false };
    if (this.#run === null) return null;
    const { agentId, state, hasEnded } = this.#run;
    if (hasEnded) return { why: `it still cleans up after its last run, as ${quote(agentId)}`, isPassing: true };
    // Until the controller has said what is to run, it has no name.
    const which = agentId === "" ? "which is about to begin" : `as ${quote(agentId)}, which is ${state}`;
    return { why: `it has a run already, ${which}`, isPassing: false };
  }

  #free(run: RunHost): void {
    if (this.#run !== run) return;
    this.#run = null;
    this.#options.log("ended", {});
    this.#onIdle();
  }
}
