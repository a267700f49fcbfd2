import { isIP } from "node:net";
import { checkServerIdentity } from "node:tls";
import type { ChannelCredentials, ClientOptions, MethodDefinition } from "@grpc/grpc-js";
import { Client, credentials, Metadata, status } from "@grpc/grpc-js";
import type { HostAddress } from "../address.ts";
import { formatHostAddress } from "../address.ts";
import type { StreamCodec } from "../codecs.ts";
import type { TransportLimits } from "../limits.ts";
import type { TransportSecurity } from "../security.ts";
import { refuseInsecureCalling } from "../security.ts";
import type { StreamListener } from "../stream.ts";
import type { CallStatus } from "./failures.ts";
import { callError } from "./failures.ts";
import { GrpcStream } from "./grpc-stream.ts";

/** How others are called. */
export interface CallOptions {
  readonly security: TransportSecurity;
  readonly limits: TransportLimits;
}

/** Names the server in a handshake, where its address is no name: an address must not stand there (RFC 6066). */
const namelessServer = "agent.corral.invalid";

function channelCredentials({ host }: HostAddress, { tls }: TransportSecurity): ChannelCredentials {
  if (tls === null) return credentials.createInsecure();
  const { ca, key, certificate, serverName } = tls;
  if (serverName !== null || isIP(host) === 0) return credentials.createSsl(ca, key, certificate);
  return credentials.createSsl(ca, key, certificate, {
    checkServerIdentity: (_name, shown) => checkServerIdentity(host, shown),
  });
}

/** What the handshake calls the server; null: as its address does. */
function handshakeName({ host }: HostAddress, { tls }: TransportSecurity): string | null {
  if (tls === null) return null;
  return tls.serverName ?? (isIP(host) === 0 ? null : namelessServer);
}

/** A channel of its own for everybody: what fails for one does not keep another waiting. No proxy, no retries of the library's. */
const channelOptions = ({ limits }: CallOptions, serverName: string | null): ClientOptions => ({
  "grpc.max_send_message_length": limits.maxMessageBytes,
  "grpc.max_receive_message_length": limits.maxMessageBytes,
  "grpc.keepalive_time_ms": limits.keepaliveMs,
  "grpc.keepalive_timeout_ms": limits.keepaliveAnswerMs,
  "grpc.keepalive_permit_without_calls": 1,
  "grpc.use_local_subchannel_pool": 1,
  "grpc.enable_retries": 0,
  // Counts for a debugger that nobody asks for, with every message.
  "grpc.enable_channelz": 0,
  "grpc.enable_http_proxy": 0,
  "grpc.service_config_disable_resolution": 1,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1000,
  ...(serverName === null ? {} : { "grpc.ssl_target_name_override": serverName, "grpc.default_authority": serverName }),
});

/** @throws CorralError FLEET_INSECURE */
export function openClient(address: HostAddress, options: CallOptions): Client {
  refuseInsecureCalling(address, options.security);
  const name = handshakeName(address, options.security);
  return new Client(
    formatHostAddress(address),
    channelCredentials(address, options.security),
    channelOptions(options, name),
  );
}

/** What every call says of its caller. */
export function callerMetadata({ token }: TransportSecurity, more: Readonly<Record<string, string>> = {}): Metadata {
  const metadata = new Metadata();
  if (token !== null) metadata.set("authorization", `Bearer ${token}`);
  for (const [name, value] of Object.entries(more)) metadata.set(name, value);
  return metadata;
}

/** A stream that this side opens. */
export interface StreamCall<Said, Heard> {
  readonly address: HostAddress;
  readonly options: CallOptions;
  readonly path: string;
  readonly metadata: Metadata;
  readonly codec: StreamCodec<Said, Heard>;
}

const asIs = (bytes: Buffer): Buffer => bytes;

/**
 * Opens a stream over a connection of its own, which goes with it.
 * @throws CorralError FLEET_INSECURE
 */
export function openStream<Said, Heard>(
  { address, options, path, metadata, codec }: StreamCall<Said, Heard>,
  listener: StreamListener<Heard>,
): GrpcStream<Said, Heard> {
  const client = openClient(address, options);
  const call = client.makeBidiStreamRequest(path, asIs, asIs, metadata, {});
  const target = formatHostAddress(address);
  let wasOpen = false;
  const stream = new GrpcStream<Said, Heard>({
    peer: target,
    call,
    codec,
    limits: options.limits,
    cutCall: () => call.cancel(),
  });
  const finish = ({ code, details }: CallStatus): void => {
    const why = stream.cutWhy === null ? { code, details } : { code: status.CANCELLED, details: stream.cutWhy };
    stream.end(code === status.OK ? null : callError(target, why, wasOpen));
    call.end();
    client.close();
    stream.leave();
  };
  stream.hear(listener);
  call.on("metadata", () => {
    wasOpen = true;
    stream.open();
  });
  // The status says the same, and comes in every case.
  call.on("error", () => {});
  call.on("status", (ended: CallStatus) => {
    if (ended.code !== status.OK || call.readableEnded) finish(ended);
    else call.once("end", () => finish(ended));
  });
  return stream;
}

/** One question and its answer. @throws CorralError FLEET_UNREACHABLE, FLEET_DENIED, FLEET_LOST; what the signal is aborted with */
export function ask<Request, Reply>(
  client: Client,
  target: string,
  { path, requestSerialize, responseDeserialize }: MethodDefinition<Request, Reply>,
  request: Request,
  metadata: Metadata,
  signal: AbortSignal | undefined,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason as Error);
    const abort = (): void => call.cancel();
    const call = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadata,
      {},
      (error, reply) => {
        signal?.removeEventListener("abort", abort);
        if (error === null && reply !== undefined) resolve(reply);
        else if (signal?.aborted === true) reject(signal.reason as Error);
        else reject(callError(target, error ?? { code: status.UNKNOWN, details: "" }, false));
      },
    );
    signal?.addEventListener("abort", abort, { once: true });
    return undefined;
  });
}
