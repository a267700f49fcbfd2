import type { OwnedSocket, ProcessIdentity, UnixConnection, UnixListener } from "../../../kernel/index.ts";
import { bindOwnedSocket, hasExecuted, listenUnix, readProgramMark, socketTypes } from "../../../kernel/index.ts";
import type {
  EnrolledWorkloads,
  Enrolment,
  EnrolmentChange,
  UnenrolReason,
  WorkloadReply,
  WorkloadRequest,
} from "../../model/index.ts";
import type { ServerContext } from "./context.ts";
import { refusalTeller } from "./context.ts";
import type { EnrolmentCounters } from "./counters.ts";
import { noCounts } from "./counters.ts";
import type { ToldStats } from "./latest-stats.ts";
import { LatestStats } from "./latest-stats.ts";
import { LegacyBridge } from "./legacy-bridge.ts";
import type { EnrolmentLimits } from "./limits.ts";
import { defaultEnrolmentLimits } from "./limits.ts";
import { Peer } from "./peer.ts";
import type { Entry } from "./registry.ts";
import { Registry } from "./registry.ts";
import { nowNs, OpenRequests } from "./requests.ts";

export interface EnrolmentServerOptions {
  /** Path of the socket of protocol v2; null: none. */
  readonly socket: string | null;
  /** Path of the datagram socket of the original protocol; null: none. */
  readonly legacySocket: string | null;
  /** Group whose members may enrol too; null: root and our own user only. */
  readonly gid: number | null;
  /** Is told every change, in order, on our own thread. Must not throw. */
  readonly onChange: (change: EnrolmentChange) => void;
  /** What differs from `defaultEnrolmentLimits`. */
  readonly limits?: Partial<EnrolmentLimits>;
}

/** A running enrolment server. */
export interface EnrolmentServer extends EnrolledWorkloads, AsyncDisposable {
  readonly socket: string | null;
  readonly legacySocket: string | null;
  /** Every enrolment there is. */
  list(): readonly Enrolment[];
  /** The last statistics that a workload told; null when it told none or is no longer enrolled. */
  latestStats(enrolment: Enrolment): ToldStats | null;
  /**
   * The process executed another program: an enrolment that was sent before is void, and told as `superseded`.
   * @param timestampNs of the exec, CLOCK_MONOTONIC
   */
  noteExec(identity: ProcessIdentity, timestampNs: bigint): void;
  counters(): Readonly<EnrolmentCounters>;
  /** Ends every enrolment as `shutdown`, closes and removes the sockets. Idempotent. */
  close(): Promise<void>;
}

/** Of docs/protocol.md: clients keep ids of answered requests. */
const maxRequestIdBytes = 128;
/** A peer that does not read so much refuses more. */
const maxUnsentBytes = 262_144;

class Server implements EnrolmentServer {
  readonly socket: string | null;
  readonly legacySocket: string | null;
  readonly #context: ServerContext;
  readonly #sockets: OwnedSocket[] = [];
  readonly #peers = new Set<Peer>();
  #listener: UnixListener | null = null;
  #bridge: LegacyBridge | null = null;
  #heartbeat: NodeJS.Timeout | null = null;
  #open = true;

  constructor({ socket, legacySocket, gid, onChange, limits = {} }: EnrolmentServerOptions) {
    this.socket = socket;
    this.legacySocket = legacySocket;
    const requests = new OpenRequests();
    const latest = new LatestStats();
    const counters = noCounts();
    const registry = new Registry(onChange, (token, why) => {
      latest.forget(token);
      requests.settleAll(token, { status: "gone", why, atNs: nowNs() });
    });
    this.#context = {
      registry,
      requests,
      latest,
      counters,
      limits: { ...defaultEnrolmentLimits, ...limits },
      access: { ownUid: process.geteuid?.() ?? 0, gid },
      refused: refusalTeller(counters, onChange),
    };
  }

  start(gid: number | null): void {
    if (this.socket !== null) {
      const owned = this.#own(this.socket, gid, socketTypes.stream);
      this.#listener = listenUnix(owned, { maxUnsentBytes, onConnection: (connection) => this.#welcome(connection) });
      this.#heartbeat = setInterval(() => this.#beat(), this.#context.limits.heartbeatMs);
    }
    if (this.legacySocket !== null)
      this.#bridge = new LegacyBridge(this.#own(this.legacySocket, gid, socketTypes.datagram), this.#context);
  }

  find(identity: ProcessIdentity): Enrolment | null {
    return this.#context.registry.find(identity)?.enrolment ?? null;
  }

  list(): readonly Enrolment[] {
    return this.#context.registry.entries().map(({ enrolment }) => enrolment);
  }

  latestStats({ token }: Enrolment): ToldStats | null {
    return this.#context.latest.get(token);
  }

  counters(): Readonly<EnrolmentCounters> {
    return { ...this.#context.counters };
  }

  noteExec(identity: ProcessIdentity, timestampNs: bigint): void {
    this.#context.registry.noteExec(identity, timestampNs);
  }

  async request({ token }: Enrolment, request: WorkloadRequest, signal?: AbortSignal): Promise<WorkloadReply> {
    signal?.throwIfAborted();
    const { registry, requests, limits, counters } = this.#context;
    const entry = registry.get(token);
    if (entry === null) return { status: "gone", why: registry.goneWhy(token), atNs: nowNs() };
    const fate = whyVoid(entry);
    if (fate !== null) {
      registry.remove(token, fate);
      return { status: "gone", why: fate, atNs: nowNs() };
    }
    if (request.requestId === "" || Buffer.byteLength(request.requestId) > maxRequestIdBytes)
      return { status: "nacked", code: "malformed", message: "the request id is empty or too long", atNs: nowNs() };
    const maxPending = entry.enrolment.protocol === "legacy" ? 1 : limits.maxPendingPerEnrolment;
    if (requests.has(request.requestId) || requests.countOf(token) >= maxPending)
      return { status: "nacked", code: "busy", message: "its earlier requests are open still", atNs: nowNs() };
    // Open before it is sent: a reply cannot be faster than that.
    const reply = requests.wait(token, request.requestId, request.expiresNs, signal);
    if (!requests.has(request.requestId)) return reply;
    const handover = entry.link.send(request);
    counters.requests += 1;
    if (!handover.sent) {
      const { code, message } = handover;
      requests.settle(token, request.requestId, { status: "nacked", code, message, atNs: nowNs() });
    }
    return this.#lookAgain(entry, await reply);
  }

  /** In the middle of an exec nothing tells the new program from the old; after a request that nobody answered it does. */
  #lookAgain(entry: Entry, reply: WorkloadReply): WorkloadReply {
    const fate = reply.status === "timeout" ? whyVoid(entry) : null;
    if (fate === null) return reply;
    const { token } = entry.enrolment;
    if (this.#context.registry.get(token) !== null) this.#context.registry.remove(token, fate);
    return { status: "gone", why: fate, atNs: nowNs() };
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    this.#listener?.close();
    if (this.#heartbeat !== null) clearInterval(this.#heartbeat);
    for (const peer of this.#peers) peer.refuseConnection("shutdown", "the server ends");
    for (const { enrolment } of this.#context.registry.entries())
      this.#context.registry.remove(enrolment.token, "shutdown");
    this.#bridge?.close();
    for (const socket of this.#sockets) socket.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #own(path: string, gid: number | null, type: (typeof socketTypes)[keyof typeof socketTypes]): OwnedSocket {
    const socket = bindOwnedSocket({ type, path, gid });
    this.#sockets.push(socket);
    return socket;
  }

  #welcome(connection: UnixConnection): void {
    const { limits } = this.#context;
    const peer = new Peer(connection, this.#context, (closed) => this.#peers.delete(closed));
    let ofUser = 1;
    for (const other of this.#peers) if (other.uid === peer.uid) ofUser += 1;
    this.#peers.add(peer);
    if (this.#peers.size > limits.maxConnections || ofUser > limits.maxConnectionsPerUid)
      peer.refuseConnection("quota", "there are too many connections");
  }

  #beat(): void {
    for (const peer of this.#peers) peer.beat();
  }
}

/** Why an enrolment is void although nobody has told us yet; null when it stands. */
function whyVoid({ enrolment, mark }: Entry): UnenrolReason | null {
  const now = readProgramMark(enrolment.identity.pid);
  if (now === null || now.ending || now.startTicks !== mark.startTicks) return "exited";
  return hasExecuted(mark, now) ? "superseded" : null;
}

/**
 * Opens the sockets on which workloads enrol and serves them until closed.
 * @throws CorralError NATIVE_MISSING without the addon, which alone can tell who is at the other end; SOCKET_IN_USE,
 *   LISTEN_FAILED; then nothing is left behind
 */
export function serveEnrolments(options: EnrolmentServerOptions): EnrolmentServer {
  const server = new Server(options);
  try {
    server.start(options.gid);
  } catch (thrown) {
    void server.close();
    throw thrown;
  }
  return server;
}
