import type { DatagramReceiver, DatagramSender, OwnedSocket } from "../../../kernel/index.ts";
import {
  identityOf,
  openProcess,
  readProcessStatus,
  readProgramMark,
  receiveDatagrams,
} from "../../../kernel/index.ts";
import type { Enrolment } from "../../model/index.ts";
import type { LegacyMessage } from "../wire/index.ts";
import { decodeLegacy, legacyBytes } from "../wire/index.ts";
import type { ServerContext } from "./context.ts";
import { refuse } from "./judge.ts";
import { LegacyWorkload, legacyVerb } from "./legacy-workload.ts";
import { nowNs } from "./requests.ts";
import { TokenBucket } from "./token-bucket.ts";

// Datagrams of one user, at once and then per second: hundreds of workloads may start together.
const burst = 2000;
const perSec = 1000;
const maxUsers = 1024;
// Enrolments of one workload that is enrolled already.
const againBurst = 20;
const againPerSec = 1;

/** Speaks the original datagram protocol with workloads that know no other (docs/protocol.md). */
export class LegacyBridge {
  readonly #context: ServerContext;
  readonly #receiver: DatagramReceiver;
  readonly #workloads = new Map<number, LegacyWorkload>();
  readonly #buckets = new Map<number, TokenBucket>();

  constructor(socket: OwnedSocket, context: ServerContext) {
    this.#context = context;
    // One byte more, so that a longer datagram shows.
    this.#receiver = receiveDatagrams(socket, legacyBytes.ack + 1, (bytes, length, sender) =>
      this.#take(decodeLegacy(bytes, length), sender),
    );
  }

  close(): void {
    this.#receiver.close();
  }

  #take(message: LegacyMessage | null, sender: DatagramSender): void {
    const { counters } = this.#context;
    if (!this.#isExpectedAck(message, sender) && !this.#bucketOf(sender).take(performance.now())) {
      counters.dropped += 1;
      return;
    }
    if (message === null) {
      counters.malformed += 1;
      this.#context.refused("malformed", sender, 0);
    } else if (message.kind === "enroll") this.#enrol(message, sender);
    else this.#acknowledge(message, sender);
  }

  #isExpectedAck(message: LegacyMessage | null, { pid }: DatagramSender): boolean {
    return message?.kind === "ack" && (this.#workloads.get(pid)?.answeredBy(message.eventNs) ?? null) !== null;
  }

  #bucketOf({ pid, uid }: DatagramSender): TokenBucket {
    const workload = this.#workloads.get(pid);
    if (workload !== undefined) return workload.unasked;
    const bucket = this.#buckets.get(uid) ?? new TokenBucket(burst, perSec, performance.now());
    if (this.#buckets.size >= maxUsers) this.#buckets.clear();
    this.#buckets.set(uid, bucket);
    return bucket;
  }

  #enrol(message: Extract<LegacyMessage, { kind: "enroll" }>, { pid, uid, gid, sentNs }: DatagramSender): void {
    const { registry, limits, access, counters } = this.#context;
    const identity = pid === 0 ? null : identityOf(pid);
    const status = readProcessStatus(pid);
    const claim = { pid: message.pid, startTicks: 0n, name: message.name || "legacy", tags: {}, verbs: [legacyVerb] };
    const hasRoom = registry.countOf(uid) < limits.maxEnrolmentsPerUid;
    const refusal = refuse(claim, { identity, uid, gid, status }, access, hasRoom);
    const mark = readProgramMark(pid);
    const pidfd = refusal === null && identity !== null ? openProcess(identity) : null;
    if (refusal !== null || identity === null || mark === null || pidfd === null) {
      this.#context.refused(refusal?.reason ?? "wrong_identity", { pid, uid }, message.pid);
      return;
    }
    const workload: LegacyWorkload = new LegacyWorkload({
      identity,
      pidfd,
      pids: status?.pids ?? [pid],
      // That of the enrolment before: whoever enrols again and again does not get a new one each time.
      unasked: this.#workloads.get(pid)?.unasked ?? new TokenBucket(againBurst, againPerSec, performance.now()),
      onExit: () => this.#exited(workload),
      onRevoked: () => {
        if (this.#workloads.get(pid) === workload) this.#workloads.delete(pid);
      },
    });
    const { name, tags, verbs } = claim;
    const { token } = workload;
    const enrolledNs = nowNs();
    const shared = { token, identity, uid, gid, name, tags, verbs, arena: message.arena, enrolledNs };
    const enrolment: Enrolment = { ...shared, protocol: "legacy" };
    counters.enrolled += 1;
    this.#workloads.set(pid, workload);
    registry.add({ enrolment, mark, sinceNs: sentNs, link: workload });
  }

  /** What it sent before its end counts. */
  #exited(workload: LegacyWorkload): void {
    this.#receiver.drain();
    this.#context.registry.remove(workload.token, "exited");
  }

  #acknowledge(message: Extract<LegacyMessage, { kind: "ack" }>, { pid, uid }: DatagramSender): void {
    const { requests, latest, counters } = this.#context;
    const workload = this.#workloads.get(pid);
    if (message.pid !== pid && !(workload?.isKnownAs(message.pid) ?? false)) {
      counters.unmatchedAcks += 1;
      this.#context.refused("wrong_identity", { pid, uid }, message.pid);
      return;
    }
    if (workload === undefined) {
      counters.unmatchedAcks += 1;
      return;
    }
    const { eventNs, stats } = message;
    latest.note(workload.token, stats);
    const requestId = workload.answeredBy(eventNs);
    const phases = { receivedNs: null, safePointNs: null, startNs: null, endNs: eventNs };
    const reply = { status: "done", stats, phases, atNs: nowNs() } as const;
    const match = requestId === null ? "unmatched" : requests.settle(workload.token, requestId, reply);
    if (match === "matched") counters.matched += 1;
    else if (match === "late") counters.lateAcks += 1;
    else counters.unmatchedAcks += 1;
  }
}
