import type { ProcessIdentity } from "../../kernel/index.ts";
import type { RunningJob } from "../running-job.ts";
import type { WatchRule } from "./config-types.ts";

/** A process that a rule has chosen, and how far governing it has come. */
export interface Charge {
  readonly identity: ProcessIdentity;
  readonly ruleName: string;
  /** The rule as its limits stand on the process; null when an earlier watch set them by a rule that is not known any more. */
  readonly rule: WatchRule | null;
  /** Fingerprint of what that rule asked of processes. */
  readonly match: string;
  /** `due`: waits for its turn or its next attempt; `refused`: left alone until it executes another program. */
  readonly state: "due" | "governed" | "refused";
  readonly job: RunningJob | null;
  /** Failed attempts so far. */
  readonly attempts: number;
  readonly timer: NodeJS.Timeout | null;
  /** CLOCK_MONOTONIC of the exec and of the match, in nanoseconds; null when a scan found it. */
  readonly execNs: bigint | null;
  readonly matchedNs: bigint;
}

const keyOf = ({ pid, startTicks }: ProcessIdentity): string => `${pid}:${startTicks}`;

/** The processes in a watch's care, each once, by identity. */
export class Charges {
  readonly #byKey = new Map<string, Charge>();

  get(identity: ProcessIdentity): Charge | null {
    return this.#byKey.get(keyOf(identity)) ?? null;
  }

  /** Whether this is what is known of its process now. */
  isCurrent(charge: Charge): boolean {
    return this.get(charge.identity) === charge;
  }

  set(charge: Charge): void {
    this.#byKey.set(keyOf(charge.identity), charge);
  }

  /** Forgets a process; its next attempt is called off. */
  delete(identity: ProcessIdentity): void {
    const charge = this.get(identity);
    if (charge?.timer != null) clearTimeout(charge.timer);
    this.#byKey.delete(keyOf(identity));
  }

  all(): Charge[] {
    return [...this.#byKey.values()];
  }

  count(state: Charge["state"]): number {
    return this.all().filter((one) => one.state === state).length;
  }
}
