import type { ProcessIdentity } from "../../kernel/index.ts";
import type { Enrolment } from "../model/index.ts";
import type { LookedUp } from "./input.ts";

/** More are forgotten, the oldest first: an event that is so late was lost. */
const most = 1024;

/** An enrolment that came before its event. */
export interface EarlyEnrolment {
  readonly enrolment: Enrolment;
  readonly lookedUp: LookedUp | null;
  /** It has ended meanwhile too. */
  readonly isOver: boolean;
}

const keyOf = ({ pid, startTicks }: ProcessIdentity): string => `${pid} ${startTicks}`;

/** Enrolments of processes of which no event has told yet: messages and events take different ways. */
export class EarlyEnrolments {
  readonly #byProcess = new Map<string, EarlyEnrolment>();

  add(enrolment: Enrolment, lookedUp: LookedUp | null): void {
    this.#byProcess.set(keyOf(enrolment.identity), { enrolment, lookedUp, isOver: false });
    const [oldest] = this.#byProcess.keys();
    if (this.#byProcess.size > most && oldest !== undefined) this.#byProcess.delete(oldest);
  }

  has(identity: ProcessIdentity | null): boolean {
    return this.#byProcess.size > 0 && identity !== null && this.#byProcess.has(keyOf(identity));
  }

  /** It has ended; that it was there is still to be known. */
  end(identity: ProcessIdentity, token: string): void {
    const early = this.#byProcess.get(keyOf(identity));
    if (early?.enrolment.token === token) this.#byProcess.set(keyOf(identity), { ...early, isOver: true });
  }

  /** The enrolment of a process, if it is that of its present program. */
  take(identity: ProcessIdentity, execNs: bigint | null): EarlyEnrolment | null {
    if (this.#byProcess.size === 0) return null;
    const key = keyOf(identity);
    const early = this.#byProcess.get(key) ?? null;
    if (early === null || (execNs !== null && early.enrolment.enrolledNs < execNs)) return null;
    // What is over was probably that of a program whose exec has not been told yet.
    if (execNs === null && early.isOver) return null;
    this.#byProcess.delete(key);
    return early;
  }
}
