import { createServer } from "node:net";
import type { handleBidiStreamingCall, ServerDuplexStream, UntypedServiceImplementation } from "@grpc/grpc-js";
import { Metadata, Server, ServerCredentials, status } from "@grpc/grpc-js";
import { CorralError, errnoOf, quote } from "../../../report/index.ts";
import type { HostAddress } from "../address.ts";
import { formatHostAddress } from "../address.ts";
import type { Refusal } from "../agent-side.ts";
import type { StreamCodec } from "../codecs.ts";
import type { TransportSecurity } from "../security.ts";
import { refuseInsecureListening } from "../security.ts";
import { authenticate } from "./authenticate.ts";
import type { CallOptions } from "./client.ts";
import { callError, refusal } from "./failures.ts";
import { GrpcStream } from "./grpc-stream.ts";
import { Strangers } from "./strangers.ts";

/** How a server is to listen. */
export interface ListenOptions extends CallOptions {
  readonly address: HostAddress;
  /** Somebody called and did not prove who they are. */
  readonly onDenied?: (peer: string, why: string) => void;
}

function serverCredentials({ tls }: TransportSecurity, address: HostAddress): ServerCredentials {
  if (tls === null) return ServerCredentials.createInsecure();
  if (tls.certificate === null || tls.key === null)
    throw new CorralError("FLEET_CREDENTIALS", "who listens with TLS needs a certificate", {
      object: formatHostAddress(address),
      fix: "give --tls-cert and --tls-key",
    });
  const pair = { cert_chain: tls.certificate, private_key: tls.key };
  return ServerCredentials.createSsl(tls.ca, [pair], tls.ca !== null);
}

/** The caller's address, and the name in the certificate it has shown. */
function peerName(call: ServerDuplexStream<Buffer, Buffer>): string {
  const name = call.getAuthContext().sslPeerCertificate?.subject?.CN;
  return name === undefined ? call.getPeer() : `${call.getPeer()} (${quote(String(name), 80)})`;
}

/** What becomes of a stream that somebody has opened: who hears it, or why it is not taken. */
export type Accept<Said, Heard> = (
  stream: GrpcStream<Said, Heard>,
  metadata: Metadata,
) => Parameters<GrpcStream<Said, Heard>["hear"]>[0] | Refusal;

/** A server of streams and questions. */
export class GrpcServer {
  readonly #options: ListenOptions;
  readonly #server: Server;
  readonly #strangers: Strangers;
  readonly #streams = new Set<{ cut(why: string): void; close(): Promise<void> }>();

  constructor(options: ListenOptions) {
    const { limits, security } = options;
    this.#options = options;
    this.#strangers = new Strangers(limits);
    const gatekeeper = authenticate({
      token: security.token,
      vouch: (peer) => this.#strangers.vouch(peer),
      onDenied: (peer, why) => options.onDenied?.(peer, why),
    });
    this.#server = new Server({
      "grpc.max_send_message_length": limits.maxMessageBytes,
      "grpc.max_receive_message_length": limits.maxMessageBytes,
      "grpc.keepalive_time_ms": limits.keepaliveMs,
      "grpc.keepalive_timeout_ms": limits.keepaliveAnswerMs,
      "grpc.max_concurrent_streams": 16,
      "grpc.enable_channelz": 0,
      interceptors: [gatekeeper],
    });
  }

  add(definition: Parameters<Server["addService"]>[0], implementation: UntypedServiceImplementation): void {
    this.#server.addService(definition, implementation);
  }

  /** The handler of a method of streams. */
  streams<Said, Heard>(
    codec: StreamCodec<Said, Heard>,
    accept: Accept<Said, Heard>,
  ): handleBidiStreamingCall<Buffer, Buffer> {
    return (call) => {
      const stream = this.#wrap(call, codec);
      const listener = accept(stream, call.metadata);
      if ("why" in listener) {
        stream.end(null);
        const code = listener.isPassing ? status.ABORTED : status.FAILED_PRECONDITION;
        call.emit("error", refusal(code, listener.why));
        return;
      }
      this.#streams.add(stream);
      call.once("close", () => this.#streams.delete(stream));
      // The headers say that it is taken.
      call.sendMetadata(new Metadata());
      stream.hear(listener);
    };
  }

  /** @returns the address with the port that was taken @throws CorralError LISTEN_FAILED, FLEET_INSECURE, FLEET_CREDENTIALS */
  async listen(): Promise<{ readonly address: string; readonly close: () => Promise<void> }> {
    const { address, security, limits } = this.#options;
    refuseInsecureListening(address, security);
    const injector = this.#server.createConnectionInjector(serverCredentials(security, address));
    const door = createServer({ noDelay: true }, (socket) => {
      if (this.#strangers.admit(socket)) injector.injectConnection(socket);
    });
    await new Promise<void>((resolve, reject) => {
      door.once("error", (error) => reject(listenError(address, error)));
      door.listen({ host: address.host, port: address.port }, resolve);
    });
    const bound = door.address();
    const port = bound === null || typeof bound === "string" ? address.port : bound.port;
    const close = async (): Promise<void> => {
      const closed = new Promise((resolve) => door.close(resolve));
      await Promise.all([...this.#streams].map((stream) => stream.close()));
      injector.drain(limits.closeMs);
      this.#server.forceShutdown();
      this.#strangers.cutAll();
      await closed;
    };
    return { address: formatHostAddress({ host: address.host, port }), close };
  }

  #wrap<Said, Heard>(
    call: ServerDuplexStream<Buffer, Buffer>,
    codec: StreamCodec<Said, Heard>,
  ): GrpcStream<Said, Heard> {
    const [peer, address] = [peerName(call), call.getPeer()];
    const stream = new GrpcStream<Said, Heard>({
      peer,
      call,
      codec,
      limits: this.#options.limits,
      cutCall: (why) => {
        call.emit("error", refusal(status.CANCELLED, why));
        // Who does not read does not see the end of the stream either.
        setTimeout(() => {
          if (!call.closed) this.#strangers.cut(address);
        }, 500).unref();
      },
    });
    // The other side has said all it had to say.
    call.once("end", () => stream.end(null));
    call.once("close", () => {
      const details = stream.cutWhy ?? "the connection is gone, or the caller has cancelled it";
      const isOurs = stream.isClosing && stream.cutWhy === null;
      stream.end(isOurs ? null : callError(peer, { code: status.CANCELLED, details }, true));
      stream.leave();
    });
    return stream;
  }
}

function listenError(address: HostAddress, error: Error): CorralError {
  const where = formatHostAddress(address);
  return new CorralError("LISTEN_FAILED", `cannot listen on ${where}: ${errnoOf(error) ?? error.message}`, {
    object: where,
    fix: "choose another address, or end what uses this one",
    cause: error,
  });
}
