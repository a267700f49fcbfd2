import type { Message } from "../wire/index.ts";
import type { ActionAnswer, OnAction, WorkloadAction } from "./workload-action.ts";

/** An answer on its way to the server. */
export type Reply = Extract<Message, { kind: "action_result" | "action_rejected" }>;

const maxPending = 64;
const rememberedReplies = 256;
const maxCodeChars = 32;
const maxMessageChars = 500;

export interface ActionQueueOptions {
  readonly onAction: OnAction;
  readonly nowNs: () => bigint;
  readonly reply: (reply: Reply) => void;
}

const isPromise = (value: unknown): value is Promise<ActionAnswer | undefined> => value instanceof Promise;

interface Pending {
  readonly token: string;
  readonly action: WorkloadAction;
}

interface Phases {
  readonly safePointNs: bigint;
  readonly startNs: bigint;
  readonly endNs: bigint;
}

const failure = (thrown: unknown): ActionAnswer => ({
  done: false,
  code: "failed",
  message: thrown instanceof Error ? thrown.message : String(thrown),
});

function toReply(token: string, action: WorkloadAction, phases: Phases, answer: ActionAnswer | undefined): Reply {
  const { requestId, receivedNs } = action;
  if (answer === undefined || answer.done) {
    const stats = answer?.stats ?? null;
    return { kind: "action_result", token, requestId, receivedNs, ...phases, stats };
  }
  const message = answer.message.slice(0, maxMessageChars);
  return { kind: "action_rejected", token, requestId, code: answer.code.slice(0, maxCodeChars), message };
}

/**
 * The actions between their arrival and the safe point at which the workload lets them run, one after the other. A request id
 * that was answered is answered the same way again, without running anything.
 */
export class ActionQueue {
  readonly #options: ActionQueueOptions;
  readonly #replies = new Map<string, Reply>();
  #pending: Pending[] = [];
  #running: string | null = null;

  constructor(options: ActionQueueOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#pending.length;
  }

  /** False when this id is known: pending, running, or answered, and then it was answered again. */
  add(token: string, action: WorkloadAction): boolean {
    const { requestId } = action;
    const answered = this.#replies.get(requestId);
    if (answered !== undefined) {
      this.#options.reply({ ...answered, token });
      return false;
    }
    if (this.#running === requestId || this.#pending.some(({ action: { requestId: id } }) => id === requestId))
      return false;
    this.#pending.push({ token, action });
    if (this.#pending.length > maxPending) this.#dropOldest();
    return true;
  }

  /** The server that asked is gone; nobody waits for these any more. */
  clear(): number {
    const count = this.#pending.length;
    this.#pending = [];
    return count;
  }

  /** Runs what is pending; resolves with how many were run. Does everything before it returns where `onAction` is synchronous. */
  async run(): Promise<number> {
    if (this.#running !== null) return 0;
    const safePointNs = this.#options.nowNs();
    let count = 0;
    // Not those that arrive meanwhile: they have their own safe point.
    for (let left = this.#pending.length; left > 0; left -= 1) {
      const next = this.#pending.shift();
      if (next === undefined) break;
      count += 1;
      this.#running = next.action.requestId;
      try {
        const running = this.#runOne(next, safePointNs);
        if (isPromise(running)) await running;
      } finally {
        this.#running = null;
      }
    }
    return count;
  }

  #runOne({ token, action }: Pending, safePointNs: bigint): Promise<void> | undefined {
    const { onAction, nowNs } = this.#options;
    const startNs = nowNs();
    const finish = (answer: ActionAnswer | undefined): void =>
      this.#answer(toReply(token, action, { safePointNs, startNs, endNs: nowNs() }, answer));
    if (startNs > action.expiresNs) {
      finish({ done: false, code: "expired", message: "the safe point came after the request had expired" });
      return undefined;
    }
    try {
      const answer = onAction(action);
      if (isPromise(answer)) return answer.then(finish).catch((thrown) => finish(failure(thrown)));
      finish(answer);
    } catch (thrown) {
      finish(failure(thrown));
    }
    return undefined;
  }

  #dropOldest(): void {
    const oldest = this.#pending.shift();
    if (oldest === undefined) return;
    const { token, action } = oldest;
    const phases = { safePointNs: 0n, startNs: 0n, endNs: 0n };
    const message = `${maxPending} requests wait for a safe point already`;
    this.#answer(toReply(token, action, phases, { done: false, code: "busy", message }));
  }

  #answer(reply: Reply): void {
    this.#replies.set(reply.requestId, reply);
    const [oldest] = this.#replies.keys();
    if (this.#replies.size > rememberedReplies && oldest !== undefined) this.#replies.delete(oldest);
    this.#options.reply(reply);
  }
}
