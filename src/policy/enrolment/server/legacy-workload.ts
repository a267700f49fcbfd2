import { randomBytes } from "node:crypto";
import type { ProcessIdentity } from "../../../kernel/index.ts";
import {
  catchesSignal,
  isNodeProgram,
  nativeErrno,
  readProcessStatus,
  requireAddon,
  signalNumbers,
} from "../../../kernel/index.ts";
import type { WorkloadRequest } from "../../model/index.ts";
import { ExitWatch } from "./exit-watch.ts";
import type { Handover, Link } from "./registry.ts";
import { nowNs } from "./requests.ts";
import type { TokenBucket } from "./token-bucket.ts";

/** What a workload of the original protocol can be asked to do, all of it. */
export const legacyVerb = "compress";
const triggerSignal = signalNumbers["SIGUSR1"] ?? 10;

export interface LegacyWorkloadOptions {
  readonly identity: ProcessIdentity;
  /** Pins the process; closed when the enrolment is over. */
  readonly pidfd: number;
  /** Its pid in each of its pid namespaces. */
  readonly pids: readonly number[];
  /** What it may send beside the answers to our requests. */
  readonly unasked: TokenBucket;
  readonly onExit: () => void;
  readonly onRevoked: () => void;
}

const refused = (code: string, message: string): Handover => ({ sent: false, code, message });

/** One workload of the original protocol: asked by SIGUSR1, answering with whatever acknowledgement comes next. */
export class LegacyWorkload implements Link {
  readonly token = randomBytes(16).toString("hex");
  readonly #options: LegacyWorkloadOptions;
  readonly #exit: ExitWatch | null;
  #asked: { readonly requestId: string; readonly atNs: bigint } | null = null;

  constructor(options: LegacyWorkloadOptions) {
    this.#options = options;
    this.#exit = ExitWatch.of(options.identity, options.pidfd, options.onExit);
  }

  get unasked(): TokenBucket {
    return this.#options.unasked;
  }

  isKnownAs(pid: number): boolean {
    return this.#options.pids.includes(pid);
  }

  /** The request that the next acknowledgement answers; an acknowledgement from before it was made does not. */
  answeredBy(eventNs: bigint): string | null {
    return this.#asked === null || eventNs < this.#asked.atNs ? null : this.#asked.requestId;
  }

  send({ requestId, verb }: WorkloadRequest): Handover {
    const { pid } = this.#options.identity;
    if (verb !== legacyVerb) return refused("unknown_verb", `the original protocol knows ${legacyVerb} only`);
    const status = readProcessStatus(pid);
    if (status === null || !catchesSignal(status, triggerSignal))
      return refused("no_handler", "the workload has no handler for SIGUSR1, which would end it");
    if (isNodeProgram(pid)) return refused("node", "SIGUSR1 would open the inspector of a Node program");
    this.#asked = { requestId, atNs: nowNs() };
    try {
      // By pidfd: a process that got the same pid meanwhile is out of reach.
      requireAddon().pidfdSendSignal(this.#options.pidfd, triggerSignal);
      return { sent: true };
    } catch (thrown) {
      return refused("failed", `pidfd_send_signal: ${nativeErrno(thrown) ?? String(thrown)}`);
    }
  }

  revoked(): void {
    this.#exit?.close();
    requireAddon().close(this.#options.pidfd);
    this.#options.onRevoked();
  }
}
