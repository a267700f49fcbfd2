import { CorralError, quote } from "../../../report/index.ts";
import type { AckStats, ArenaConfig, JsonValue } from "../../model/index.ts";
import { clientSocketPaths } from "../socket-path.ts";
import type { Message, MessageOf } from "../wire/index.ts";
import { protocolVersion, whyMalformed } from "../wire/index.ts";
import { ActionQueue } from "./action-queue.ts";
import { ServerLink } from "./server-link.ts";
import type { OnAction } from "./workload-action.ts";

export interface EnrolOptions {
  /** For people and for rules that select by it; 1 to 64 bytes. */
  readonly name: string;
  /** At most 16, for rules that select by them. */
  readonly tags?: Readonly<Record<string, string>>;
  /** What this workload can be asked to do, at most 32: `[a-z0-9][a-z0-9._-]{0,31}`. Default: `compress`. */
  readonly verbs?: readonly string[];
  /** Its memory arena, if it has one. */
  readonly arena?: ArenaConfig | null;
  readonly onAction: OnAction;
  /** Runs actions as soon as they arrive, on a turn of the event loop of their own. Default false: at `safePoint()` only. */
  readonly immediate?: boolean;
  /** Is told that an action waits, so that a workload that rests can come to a safe point. Must not throw. */
  readonly onPending?: () => void;
  /** Path of the server's socket. Default: `CORRAL_ENROL_SOCKET`, else this user's, else the host's. */
  readonly socket?: string;
  /** Is told every change of `state`. Must not throw. */
  readonly onState?: (state: EnrolState) => void;
}

/**
 * `connecting`: there is no server, or it has not answered yet. `denied`: it refuses us; it is asked again after 10 s.
 * `replaced`: this process enrolled once more elsewhere, which counts instead. `closed`: by `close()`.
 */
export type EnrolState = "connecting" | "enrolled" | "denied" | "replaced" | "closed";

/** An enrolment that is kept up. None of its methods waits for the server, or throws because of it. */
export interface WorkloadEnrolment extends Disposable {
  readonly state: EnrolState;
  /** Why the server refused us, while the state is `denied`. */
  readonly denial: { readonly code: string; readonly message: string } | null;
  /** Actions that wait for a safe point. */
  readonly pending: number;
  /** Messages that were thrown away because the server did not read, or was gone. */
  readonly dropped: number;
  /**
   * The workload is where an action may run: runs what is pending, one after the other, and resolves with how many were run.
   * Where `onAction` is synchronous, all is done when this returns. Costs next to nothing when nothing is pending.
   */
  safePoint(): Promise<number>;
  /** Tells statistics without being asked. */
  tellStats(stats: AckStats): void;
  /** Ends the enrolment for good. Idempotent. */
  close(): void;
}

const deniedRetryMs = 10_000;
const agent = "corral";

const nowNs = (): bigint => process.hrtime.bigint();

function parseParams(text: string): { readonly [key: string]: JsonValue } {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as { readonly [key: string]: JsonValue })
      : {};
  } catch {
    return {};
  }
}

class Client implements WorkloadEnrolment {
  readonly #options: EnrolOptions;
  readonly #verbs: readonly string[];
  readonly #link: ServerLink;
  readonly #queue: ActionQueue;
  #state: EnrolState = "connecting";
  #denial: WorkloadEnrolment["denial"] = null;
  #token = "";
  #heartbeatMs = 0;
  #dropped = 0;

  constructor(options: EnrolOptions) {
    this.#options = options;
    this.#verbs = options.verbs ?? ["compress"];
    const paths =
      options.socket === undefined ? clientSocketPaths(process.env, process.geteuid?.() ?? 0) : [options.socket];
    this.#link = new ServerLink(paths, {
      onUp: () => this.#link.send({ kind: "hello", minVersion: protocolVersion, maxVersion: protocolVersion, agent }),
      onMessage: (message) => this.#take(message),
      onDown: () => this.#down(),
      onDropped: () => {
        this.#dropped += 1;
      },
    });
    this.#queue = new ActionQueue({
      onAction: options.onAction,
      nowNs,
      reply: (reply) => {
        // The enrolment that asked is over; nobody waits.
        if (reply.token === this.#token) this.#link.send(reply);
        else this.#dropped += 1;
      },
    });
    this.#link.start();
  }

  get state(): EnrolState {
    return this.#state;
  }

  get denial(): WorkloadEnrolment["denial"] {
    return this.#denial;
  }

  get pending(): number {
    return this.#queue.size;
  }

  get dropped(): number {
    return this.#dropped;
  }

  safePoint(): Promise<number> {
    return this.#queue.run();
  }

  tellStats(stats: AckStats): void {
    if (this.#state === "enrolled") this.#link.send({ kind: "stats", token: this.#token, stats });
    else this.#dropped += 1;
  }

  close(): void {
    if (this.#state === "closed") return;
    if (this.#state === "enrolled") this.#link.send({ kind: "unenroll", token: this.#token });
    this.#link.close();
    this.#end("closed");
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #enter(state: EnrolState): void {
    if (this.#state === state) return;
    this.#state = state;
    this.#options.onState?.(state);
  }

  #end(state: "closed" | "replaced"): void {
    this.#token = "";
    this.#dropped += this.#queue.clear();
    this.#enter(state);
  }

  #down(): void {
    this.#token = "";
    this.#dropped += this.#queue.clear();
    if (this.#state !== "denied") this.#enter("connecting");
  }

  #take(message: Message): void {
    switch (message.kind) {
      case "hello_ok":
        this.#heartbeatMs = message.heartbeatMs;
        return this.#enrol();
      case "enroll_ok":
        this.#token = message.token;
        this.#denial = null;
        this.#link.established(this.#heartbeatMs);
        return this.#enter("enrolled");
      case "enroll_denied":
        return this.#denied(message);
      case "action":
        return this.#act(message);
      case "heartbeat":
        if (message.isReply === 0) this.#link.send({ kind: "heartbeat", isReply: 1, sentNs: message.sentNs });
        return;
      case "unenrolled":
        return this.#unenrolled(message);
      default:
        // `error` is followed by the end of the connection, or of no concern; the rest is not for clients.
        return;
    }
  }

  #enrol(): void {
    const { name, tags = {}, arena = null } = this.#options;
    const claim = { pid: process.pid, startTicks: 0n, sentNs: nowNs() };
    this.#link.send({ kind: "enroll", ...claim, name, tags, verbs: this.#verbs, arena });
  }

  #denied({ code, message }: MessageOf<"enroll_denied">): void {
    this.#denial = { code, message };
    this.#enter("denied");
    this.#link.retry(deniedRetryMs);
  }

  #unenrolled({ token, why }: MessageOf<"unenrolled">): void {
    if (token !== this.#token) return;
    if (why !== "unenrolled") return this.#link.retry();
    this.#link.close();
    this.#end("replaced");
  }

  #act({ token, requestId, verb, expiresNs, params }: MessageOf<"action">): void {
    if (token !== this.#token) return;
    const receivedNs = nowNs();
    if (!this.#verbs.includes(verb)) {
      const message = `this workload offers ${this.#verbs.join(", ")}`;
      return this.#link.send({ kind: "action_rejected", token, requestId, code: "unknown_verb", message });
    }
    if (!this.#queue.add(token, { requestId, verb, params: parseParams(params), expiresNs, receivedNs })) return;
    this.#link.send({ kind: "action_accepted", token, requestId, receivedNs });
    this.#options.onPending?.();
    if (this.#options.immediate === true) setImmediate(() => void this.#queue.run());
  }
}

const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every((one) => typeof one === "string");
const isFunction = (value: unknown): boolean => typeof value === "function";

/** What each option must be, for callers that no compiler has looked at. */
const optionRules: Readonly<
  Record<
    keyof EnrolOptions,
    { readonly is: (value: unknown) => boolean; readonly what: string; readonly needed?: true }
  >
> = {
  name: { is: (value) => typeof value === "string", what: "a string", needed: true },
  onAction: { is: isFunction, what: "a function", needed: true },
  tags: {
    is: (value) =>
      typeof value === "object" && value !== null && !Array.isArray(value) && isTexts(Object.values(value)),
    what: "an object of strings",
  },
  verbs: { is: isTexts, what: "an array of strings" },
  arena: { is: (value) => typeof value === "object" && !Array.isArray(value), what: "an object or null" },
  immediate: { is: (value) => typeof value === "boolean", what: "true or false" },
  onPending: { is: isFunction, what: "a function" },
  socket: { is: (value) => typeof value === "string" && value !== "", what: "a path" },
  onState: { is: isFunction, what: "a function" },
};

const enrolFix = 'enrol({ name: "worker", onAction: async (action) => {} })';

function checkTypes(options: unknown): void {
  if (typeof options !== "object" || options === null)
    throw new CorralError("USAGE", "enrol needs options", { object: "options", found: String(options), fix: enrolFix });
  const given = options as Readonly<Record<string, unknown>>;
  const foreign = Object.keys(given).find((name) => !Object.hasOwn(optionRules, name));
  if (foreign !== undefined)
    throw new CorralError("USAGE", `cannot enrol: there is no option ${quote(foreign.slice(0, 80))}`, {
      object: foreign.slice(0, 80),
      fix: `options are ${Object.keys(optionRules).join(", ")}`,
    });
  for (const [name, { is, what, needed }] of Object.entries(optionRules)) {
    const value = given[name];
    if (value === undefined ? needed !== true : is(value)) continue;
    throw new CorralError("USAGE", `cannot enrol: ${name} must be ${what}`, {
      object: name,
      found: value === null ? "null" : typeof value,
      fix: enrolFix,
    });
  }
}

function check({ name, tags = {}, verbs = [], socket = "" }: EnrolOptions): void {
  const why =
    whyMalformed({ name, tags, verbs }) ?? (socket.includes("\0") ? "the path of the socket has a NUL" : null);
  if (why !== null)
    throw new CorralError("USAGE", `cannot enrol ${quote(name.slice(0, 80))}: ${why}`, {
      object: name.slice(0, 80),
      found: why,
    });
}

/**
 * Enrols this process with the policy engine of its host: it is told when to act, acts at its own safe points, and answers. Returns
 * at once whether or not there is a server; one that comes, restarts or hangs is dealt with in the background, and nothing of
 * it keeps the process alive. One enrolment per process: the last one counts.
 * @throws CorralError USAGE for an option that is missing, wrong or none
 */
export function enrol(options: EnrolOptions): WorkloadEnrolment {
  checkTypes(options);
  check(options);
  return new Client(options);
}
