import type { ProcessIdentity, ProgramMark } from "../../../kernel/index.ts";
import type { Enrolment, EnrolmentChange, UnenrolReason, WorkloadRequest } from "../../model/index.ts";
import { Newest } from "./newest.ts";
import { nowNs } from "./requests.ts";

/** What came of handing a request over: it is on its way, or the workload cannot be asked. */
export type Handover =
  | { readonly sent: true }
  | { readonly sent: false; readonly code: string; readonly message: string };

/** How an enrolled workload is reached. */
export interface Link {
  send(request: WorkloadRequest): Handover;
  /** The enrolment is over: whatever is bound to it is given up, and the workload is told where it can be. */
  revoked(why: UnenrolReason): void;
}

export interface Entry {
  readonly enrolment: Enrolment;
  /** What ran when it enrolled. */
  readonly mark: ProgramMark;
  /** When the workload sent its enrolment: an exec after that made it void. CLOCK_MONOTONIC. */
  readonly sinceNs: bigint;
  readonly link: Link;
}

const rememberedTokens = 1024;
const rememberedExecs = 8192;

const keyOf = ({ pid, startTicks }: ProcessIdentity): string => `${pid}:${startTicks}`;

/** The enrolments there are: one per process, the last one counts. Tells every change. */
export class Registry {
  readonly #byToken = new Map<string, Entry>();
  readonly #byProcess = new Map<string, Entry>();
  readonly #countByUid = new Map<number, number>();
  readonly #goneWhy = new Newest<string, UnenrolReason>(rememberedTokens);
  /** The last exec of processes, for enrolments that were sent before it and are read after it. */
  readonly #execs = new Newest<string, bigint>(rememberedExecs);
  readonly #onChange: (change: EnrolmentChange) => void;
  readonly #onGone: (token: string, why: UnenrolReason) => void;

  /** @param onGone is called before the change is told */
  constructor(onChange: (change: EnrolmentChange) => void, onGone: (token: string, why: UnenrolReason) => void) {
    this.#onChange = onChange;
    this.#onGone = onGone;
  }

  get(token: string): Entry | null {
    return this.#byToken.get(token) ?? null;
  }

  find(identity: ProcessIdentity): Entry | null {
    return this.#byProcess.get(keyOf(identity)) ?? null;
  }

  entries(): readonly Entry[] {
    return [...this.#byToken.values()];
  }

  countOf(uid: number): number {
    return this.#countByUid.get(uid) ?? 0;
  }

  /** Why an enrolment that there was is over. */
  goneWhy(token: string): UnenrolReason {
    return this.#goneWhy.get(token) ?? "closed";
  }

  add(entry: Entry): void {
    const { enrolment } = entry;
    const before = this.find(enrolment.identity);
    if (before !== null) this.remove(before.enrolment.token, "unenrolled");
    this.#byToken.set(enrolment.token, entry);
    this.#byProcess.set(keyOf(enrolment.identity), entry);
    this.#count(enrolment.uid, 1);
    this.#onChange({ kind: "enrolled", enrolment, timestampNs: enrolment.enrolledNs });
    this.#supersede(entry);
  }

  /** The process executed another program: an enrolment that was sent before is over, also one that is still to be read. */
  noteExec(identity: ProcessIdentity, timestampNs: bigint): void {
    const key = keyOf(identity);
    this.#execs.set(key, timestampNs);
    const entry = this.#byProcess.get(key) ?? null;
    if (entry !== null) this.#supersede(entry);
  }

  /** Nothing happens when it is over already. */
  remove(token: string, why: UnenrolReason): void {
    const entry = this.#byToken.get(token);
    if (entry === undefined) return;
    const { identity, uid } = entry.enrolment;
    this.#byToken.delete(token);
    this.#byProcess.delete(keyOf(identity));
    this.#count(uid, -1);
    this.#goneWhy.set(token, why);
    entry.link.revoked(why);
    this.#onGone(token, why);
    this.#onChange({ kind: "unenrolled", token, identity, why, timestampNs: nowNs() });
  }

  #supersede({ enrolment, sinceNs }: Entry): void {
    const execNs = this.#execs.get(keyOf(enrolment.identity));
    if (execNs !== undefined && execNs > sinceNs) this.remove(enrolment.token, "superseded");
  }

  #count(uid: number, by: number): void {
    const count = this.countOf(uid) + by;
    if (count === 0) this.#countByUid.delete(uid);
    else this.#countByUid.set(uid, count);
  }
}
