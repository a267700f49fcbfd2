import type { WorkloadReply } from "../../model/index.ts";

/** What came of a reply: its request was open, had ended before, or never was. */
export type Match = "matched" | "late" | "unmatched";

interface Open {
  readonly token: string;
  readonly settle: (reply: WorkloadReply) => void;
}

const rememberedIds = 4096;
// setTimeout takes 32 bits, and fires up to a millisecond early.
const maxDelayMs = 2 ** 31 - 1;

export const nowNs = (): bigint => process.hrtime.bigint();

/** The requests that wait for their end, each told exactly once: by its reply, its expiry, or the end of its enrolment. */
export class OpenRequests {
  readonly #open = new Map<string, Open>();
  readonly #idsOf = new Map<string, Set<string>>();
  /** Ids of requests that ended without a reply, oldest first, to tell a late reply from a ghost. */
  readonly #ended = new Map<string, string>();

  has(requestId: string): boolean {
    return this.#open.has(requestId);
  }

  countOf(token: string): number {
    return this.#idsOf.get(token)?.size ?? 0;
  }

  /** Rejects only with the signal's reason. */
  wait(token: string, requestId: string, expiresNs: bigint, signal: AbortSignal | undefined): Promise<WorkloadReply> {
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const finish = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        this.#forget(token, requestId);
      };
      const onAbort = (): void => {
        finish();
        this.#remember(requestId, token);
        reject(signal?.reason);
      };
      const settle = (reply: WorkloadReply): void => {
        finish();
        if (reply.status === "timeout") this.#remember(requestId, token);
        resolve(reply);
      };
      const check = (): void => {
        const leftNs = expiresNs - nowNs();
        if (leftNs <= 0n) settle({ status: "timeout", atNs: nowNs() });
        else timer = setTimeout(check, Math.min(Number(leftNs / 1_000_000n) + 1, maxDelayMs));
      };
      this.#keep(requestId, { token, settle });
      signal?.addEventListener("abort", onAbort, { once: true });
      check();
    });
  }

  /** Ends a request with the reply that names it and its enrolment. */
  settle(token: string, requestId: string, reply: WorkloadReply): Match {
    const open = this.#open.get(requestId);
    if (open !== undefined && open.token === token) {
      open.settle(reply);
      return "matched";
    }
    return this.#ended.get(requestId) === token ? "late" : "unmatched";
  }

  /** Ends every request of an enrolment that is over. */
  settleAll(token: string, reply: WorkloadReply): void {
    for (const requestId of [...(this.#idsOf.get(token) ?? [])]) this.#open.get(requestId)?.settle(reply);
  }

  #keep(requestId: string, open: Open): void {
    this.#open.set(requestId, open);
    this.#idsOf.set(open.token, (this.#idsOf.get(open.token) ?? new Set()).add(requestId));
    this.#ended.delete(requestId);
  }

  #forget(token: string, requestId: string): void {
    this.#open.delete(requestId);
    const ids = this.#idsOf.get(token);
    ids?.delete(requestId);
    if (ids?.size === 0) this.#idsOf.delete(token);
  }

  #remember(requestId: string, token: string): void {
    this.#ended.set(requestId, token);
    const [oldest] = this.#ended.keys();
    if (this.#ended.size > rememberedIds && oldest !== undefined) this.#ended.delete(oldest);
  }
}
