import type { AgentMessage, ControlMessage } from "../model/index.ts";
import type { AgentFate } from "./fate.ts";
import type { Random } from "./random.ts";
import type { VirtualTime } from "./virtual-time.ts";

/** Who hears. */
export interface WireEnds {
  toAgent(message: ControlMessage): void;
  toController(message: AgentMessage): void;
  lostByAgent(): void;
  lostByController(): void;
}

/** One stream between the controller and an agent: in order, nothing is lost, everything takes its time. */
export class SimulatedWire {
  readonly #time: VirtualTime;
  readonly #random: Random;
  readonly #fate: AgentFate;
  readonly #ends: WireEnds;
  /** When what was said last arrives, in either direction: nothing overtakes. */
  #toAgentMs = 0;
  #toControllerMs = 0;
  readonly #isClosed = { byAgent: false, byController: false };

  constructor(time: VirtualTime, random: Random, fate: AgentFate, ends: WireEnds) {
    this.#time = time;
    this.#random = random;
    this.#fate = fate;
    this.#ends = ends;
  }

  toAgent(message: ControlMessage): void {
    if (this.#isClosed.byController) return;
    this.#toAgentMs = this.#arrivalMs(this.#toAgentMs);
    this.#time.at(this.#toAgentMs, () => {
      if (!this.#isClosed.byAgent) this.#ends.toAgent(message);
    });
  }

  toController(message: AgentMessage): void {
    if (this.#isClosed.byAgent) return;
    this.#toControllerMs = this.#arrivalMs(this.#toControllerMs);
    this.#time.at(this.#toControllerMs, () => {
      if (!this.#isClosed.byController) this.#ends.toController(message);
    });
  }

  closeByAgent(): void {
    if (this.#isClosed.byAgent) return;
    this.#isClosed.byAgent = true;
    this.#toControllerMs = this.#arrivalMs(this.#toControllerMs);
    this.#time.at(this.#toControllerMs, () => {
      if (!this.#isClosed.byController) this.#ends.lostByController();
    });
  }

  closeByController(): void {
    if (this.#isClosed.byController) return;
    this.#isClosed.byController = true;
    this.#toAgentMs = this.#arrivalMs(this.#toAgentMs);
    this.#time.at(this.#toAgentMs, () => {
      if (!this.#isClosed.byAgent) this.#ends.lostByAgent();
    });
  }

  #arrivalMs(afterMs: number): number {
    const { cutOff, wayMs } = this.#fate;
    const arrivalMs = Math.max(this.#time.nowMs + this.#random.whole(...wayMs), afterMs);
    if (cutOff === null || arrivalMs < cutOff.atMs || arrivalMs >= cutOff.atMs + cutOff.forMs) return arrivalMs;
    return cutOff.atMs + cutOff.forMs;
  }
}
