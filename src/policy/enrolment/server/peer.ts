import { randomBytes } from "node:crypto";
import type { ProcessIdentity, UnixConnection } from "../../../kernel/index.ts";
import { bootId, identityOf, readProcessStatus, readProgramMark } from "../../../kernel/index.ts";
import type { Enrolment, UnenrolReason, WorkloadReply, WorkloadRequest } from "../../model/index.ts";
import type { Message, MessageOf, ProtocolErrorCode } from "../wire/index.ts";
import {
  decodePayload,
  encodeFrame,
  FrameReader,
  isKnownType,
  maxPayloadBytes,
  ProtocolFault,
  protocolErrors,
  protocolVersion,
} from "../wire/index.ts";
import type { ServerContext } from "./context.ts";
import { ExitWatch, pinned } from "./exit-watch.ts";
import { refuse } from "./judge.ts";
import type { Handover, Link } from "./registry.ts";
import { nowNs } from "./requests.ts";
import { TokenBucket } from "./token-bucket.ts";

type State = "greeting" | "greeted" | "enrolled" | "closed";

/** Which messages of a client belong into which state; docs/protocol.md draws it. */
const expected: Readonly<Record<State, readonly Message["kind"][]>> = {
  greeting: ["hello", "error"],
  greeted: ["enroll", "heartbeat", "unenroll", "error", "stats", "action_accepted", "action_result", "action_rejected"],
  enrolled: [
    "enroll",
    "heartbeat",
    "unenroll",
    "error",
    "stats",
    "action_accepted",
    "action_result",
    "action_rejected",
  ],
  closed: [],
};

/** One connection of protocol v2: greeting → greeted ⇄ enrolled → closed. */
export class Peer implements Link {
  readonly #connection: UnixConnection;
  readonly #context: ServerContext;
  readonly #onClosed: (peer: Peer) => void;
  readonly #frames = new FrameReader();
  readonly #bucket: TokenBucket;
  #state: State = "greeting";
  #identity: ProcessIdentity | null = null;
  #token = "";
  #seq = 0;
  #exit: ExitWatch | null = null;
  #patience: NodeJS.Timeout | null = null;
  #heardMs = performance.now();

  constructor(connection: UnixConnection, context: ServerContext, onClosed: (peer: Peer) => void) {
    this.#connection = connection;
    this.#context = context;
    this.#onClosed = onClosed;
    this.#bucket = new TokenBucket(context.limits.burstMessages, context.limits.messagesPerSec, this.#heardMs);
    this.#wait();
    connection.start({ onBytes: (bytes) => this.#take(bytes), onEnd: () => this.#ended() });
  }

  get uid(): number {
    return this.#connection.peer.uid;
  }

  send(request: WorkloadRequest): Handover {
    const { requestId, verb, expiresNs, params } = request;
    try {
      const message = { kind: "action", token: this.#token, requestId, verb, expiresNs } as const;
      if (this.#say({ ...message, params: JSON.stringify(params) })) return { sent: true };
      return { sent: false, code: "busy", message: "the workload does not read its requests" };
    } catch (thrown) {
      if (!(thrown instanceof ProtocolFault)) throw thrown;
      return { sent: false, code: thrown.code, message: thrown.message };
    }
  }

  revoked(why: UnenrolReason): void {
    if (this.#state !== "enrolled") return;
    this.#state = "greeted";
    this.#exit?.close();
    this.#say({ kind: "unenrolled", token: this.#token, why });
    // The connection was another program's.
    if (why === "superseded") this.#close(why);
  }

  /** Every so often: sends a heartbeat, or gives up a peer that has been silent for too long. */
  beat(): void {
    if (performance.now() - this.#heardMs > this.#context.limits.silentMs) this.#close("silent");
    else if (this.#state !== "greeting") this.#say({ kind: "heartbeat", isReply: 0, sentNs: nowNs() });
  }

  refuseConnection(code: ProtocolErrorCode, message: string): void {
    this.#say({ kind: "error", seq: 0, code, message });
    this.#close(code === "shutdown" ? "shutdown" : "protocol_error");
  }

  #say(message: Message): boolean {
    this.#seq += 1;
    return this.#connection.send(encodeFrame(message, this.#seq));
  }

  #close(why: UnenrolReason): void {
    if (this.#state === "closed") return;
    this.#context.registry.remove(this.#token, why);
    this.#state = "closed";
    if (this.#patience !== null) clearTimeout(this.#patience);
    this.#exit?.close();
    this.#connection.close();
    this.#onClosed(this);
  }

  #ended(): void {
    const { pid } = this.#connection.peer;
    const mark = this.#identity === null ? null : readProgramMark(pid);
    const alive = mark !== null && mark.startTicks === this.#identity?.startTicks && !mark.ending;
    this.#close(alive ? "closed" : "exited");
  }

  /** Restarts the patience with whoever has to say hello and enroll, or the rest of a frame. */
  #wait(): void {
    if (this.#patience !== null) clearTimeout(this.#patience);
    this.#patience = null;
    if (this.#state === "closed" || (this.#state === "enrolled" && this.#frames.heldBytes === 0)) return;
    const code = "timed_out" as const;
    this.#patience = setTimeout(
      () => this.#fault(new ProtocolFault(code, "too slow"), 0),
      this.#context.limits.patienceMs,
    );
  }

  #take(bytes: Uint8Array): void {
    this.#heardMs = performance.now();
    const heldBefore = this.#frames.heldBytes;
    let seq = 0;
    let complete = false;
    try {
      for (const frame of this.#frames.push(bytes)) {
        seq = frame.seq;
        complete = true;
        this.#handle(frame.type, frame.payload, seq);
        if (this.#state === "closed") return;
      }
    } catch (thrown) {
      this.#fault(thrown, seq);
      return;
    }
    // Bytes that trickle into one frame do not renew the patience.
    if (complete || heldBefore === 0) this.#wait();
  }

  #handle(type: number, payload: Uint8Array, seq: number): void {
    try {
      if (!isKnownType(type)) this.#spend();
      const message = decodePayload(type, payload);
      if (!this.#isSolicited(message)) this.#spend();
      if (!expected[this.#state].includes(message.kind))
        throw new ProtocolFault("unexpected", `${message.kind} while ${this.#state}`);
      this.#dispatch(message);
    } catch (thrown) {
      this.#fault(thrown, seq);
    }
  }

  #spend(): void {
    if (this.#bucket.take(this.#heardMs)) return;
    this.#context.counters.dropped += 1;
    throw new ProtocolFault("rate_limited", "too many messages that nobody asked for");
  }

  #isSolicited(message: Message): boolean {
    return "requestId" in message && this.#context.requests.has(message.requestId);
  }

  #fault(thrown: unknown, seq: number): void {
    if (!(thrown instanceof ProtocolFault)) throw thrown;
    const { code, message } = thrown;
    this.#context.counters.malformed += 1;
    this.#say({ kind: "error", seq, code, message });
    if (protocolErrors[code].closes) this.#close("protocol_error");
  }

  #dispatch(message: Message): void {
    switch (message.kind) {
      case "hello":
        return this.#greet(message);
      case "enroll":
        return this.#enrol(message);
      case "action_result":
      case "action_rejected":
        return this.#reply(message);
      case "stats":
        this.#requireToken(message.token);
        return this.#context.latest.note(message.token, message.stats);
      case "unenroll":
        this.#requireToken(message.token);
        return this.#context.registry.remove(message.token, "unenrolled");
      case "heartbeat":
        if (message.isReply === 0) this.#say({ kind: "heartbeat", isReply: 1, sentNs: message.sentNs });
        return;
      default:
        // action_accepted and error: that they arrived is all.
        return;
    }
  }

  #requireToken(token: string): void {
    if (this.#state !== "enrolled" || token !== this.#token)
      throw new ProtocolFault("wrong_token", "there is no such enrolment on this connection");
  }

  #greet({ minVersion, maxVersion }: MessageOf<"hello">): void {
    if (minVersion > protocolVersion || maxVersion < protocolVersion)
      throw new ProtocolFault("unsupported_version", `this server speaks ${protocolVersion} only`);
    const { heartbeatMs, silentMs } = this.#context.limits;
    this.#identity = pinned(this.#connection.peer, identityOf);
    this.#state = "greeted";
    const { pid = 0, startTicks = 0 } = this.#identity ?? {};
    this.#say({
      kind: "hello_ok",
      version: protocolVersion,
      heartbeatMs,
      silentMs,
      maxPayloadBytes,
      bootId: bootId(),
      pid,
      startTicks: BigInt(startTicks),
    });
  }

  #enrol(message: MessageOf<"enroll">): void {
    const { registry, limits, access, counters } = this.#context;
    const { pid, uid, gid } = this.#connection.peer;
    const identity = this.#identity;
    const mark = identity === null ? null : readProgramMark(pid);
    const sameProcess = mark !== null && !mark.ending && mark.startTicks === identity?.startTicks;
    const witness = { identity: sameProcess ? identity : null, uid, gid, status: readProcessStatus(pid) };
    const refusal = refuse(message, witness, access, registry.countOf(uid) < limits.maxEnrolmentsPerUid);
    if (refusal !== null || identity === null || mark === null) {
      const { reason, message: text } = refusal ?? { reason: "wrong_identity", message: "the process has ended" };
      this.#context.refused(reason, { pid, uid }, message.pid);
      this.#say({ kind: "enroll_denied", code: reason, message: text });
      return this.#close("protocol_error");
    }
    const enrolledNs = nowNs();
    const token = randomBytes(16).toString("hex");
    const { name, tags, verbs, arena, sentNs } = message;
    const enrolment: Enrolment = { token, identity, uid, gid, name, tags, verbs, protocol: "v2", arena, enrolledNs };
    // Once more on the same connection: the enrolment before is over.
    registry.remove(this.#token, "unenrolled");
    this.#token = token;
    this.#state = "enrolled";
    this.#exit = ExitWatch.of(identity, this.#connection.peer.pidfd, () => this.#processEnded());
    this.#say({ kind: "enroll_ok", token, enrolledNs });
    counters.enrolled += 1;
    registry.add({ enrolment, mark, sinceNs: sentNs !== 0n && sentNs < enrolledNs ? sentNs : enrolledNs, link: this });
  }

  /** What it sent before its end counts: a child may hold the connection open, so its end is not awaited. */
  #processEnded(): void {
    this.#connection.drain();
    this.#close("exited");
  }

  #reply(message: MessageOf<"action_result"> | MessageOf<"action_rejected">): void {
    const { requests, latest, counters } = this.#context;
    this.#requireToken(message.token);
    const match = requests.settle(message.token, message.requestId, toReply(message));
    if (match === "matched") counters.matched += 1;
    else if (match === "late") counters.lateAcks += 1;
    else counters.unmatchedAcks += 1;
    if (message.kind === "action_result") latest.note(message.token, message.stats);
  }
}

const known = (timeNs: bigint): bigint | null => (timeNs === 0n ? null : timeNs);

function toReply(message: MessageOf<"action_result"> | MessageOf<"action_rejected">): WorkloadReply {
  const atNs = nowNs();
  if (message.kind === "action_rejected")
    return { status: "nacked", code: message.code, message: message.message, atNs };
  const { receivedNs, safePointNs, startNs, endNs, stats } = message;
  const phases = {
    receivedNs: known(receivedNs),
    safePointNs: known(safePointNs),
    startNs: known(startNs),
    endNs: known(endNs),
  };
  return { status: "done", stats, phases, atNs };
}
