import { isIP } from "node:net";
import { CorralError } from "../../../report/index.ts";
import { formatHostAddress } from "../address.ts";
import type { TransportLimits } from "../limits.ts";
import type { TransportSecurity } from "../security.ts";
import { refuseInsecureCalling } from "../security.ts";
import type { BrokerAddress } from "./broker-address.ts";
import { formatBrokerAddress } from "./broker-address.ts";
import type { ConnectionOptions } from "./nats-client.ts";
import { credsAuthenticator, nkeyAuthenticator } from "./nats-client.ts";

/** How a broker is come by. */
export interface BrokerOptions {
  readonly address: BrokerAddress;
  /** Which fleet, of those that share the broker. */
  readonly fleet: string;
  /** By which the broker and the other side know us. */
  readonly name: string;
  /** How the broker and we know each other. */
  readonly security: TransportSecurity;
  /** Text of a file of credentials: a JWT with its key, or an nkey's seed alone. */
  readonly credentials: string | null;
  readonly limits: TransportLimits;
}

/** Pauses between two attempts to connect again: soon, and not all at once. */
const reconnectMs = 250;
const reconnectJitterMs = 500;

function authenticatorOf(credentials: string): NonNullable<ConnectionOptions["authenticator"]> {
  if (credentials.includes("BEGIN NATS USER JWT")) return credsAuthenticator(Buffer.from(credentials));
  const seed = /^\s*(SU[A-Z2-7]{20,})\s*$/m.exec(credentials)?.[1];
  if (seed !== undefined) return nkeyAuthenticator(Buffer.from(seed));
  throw new CorralError("FLEET_CREDENTIALS", "--nats-creds holds neither a user's JWT nor an nkey's seed", {
    object: "--nats-creds",
    fix: "name the file that nsc or nk has written",
  });
}

function userOptions({ address: { user }, security: { token }, credentials }: BrokerOptions): ConnectionOptions {
  if ([user, token, credentials].filter((one) => one !== null).length > 1)
    throw new CorralError("USAGE", "a user in --nats, --token-file and --nats-creds are three ways to one broker", {
      object: "--nats",
      fix: "give one of them",
    });
  if (credentials !== null) return { authenticator: authenticatorOf(credentials) };
  if (token !== null) return { token };
  if (user === null) return {};
  return user.password === null ? { token: user.user } : { user: user.user, pass: user.password };
}

function tlsOptions({ address: { servers, tls: isAsked }, security: { tls } }: BrokerOptions): ConnectionOptions {
  if (tls === null && !isAsked) return {};
  const [only] = servers.length === 1 ? servers : [];
  const names = {
    ...(tls?.serverName == null ? {} : { servername: tls.serverName }),
    // A handshake names no address (RFC 6066): the certificate is judged by this one then.
    ...(only === undefined || isIP(only.host) === 0 ? {} : { host: only.host }),
  };
  return {
    tls: {
      ...names,
      ...(tls?.ca == null ? {} : { ca: tls.ca.toString("utf8") }),
      ...(tls?.certificate == null ? {} : { cert: tls.certificate.toString("utf8") }),
      ...(tls?.key == null ? {} : { key: tls.key.toString("utf8") }),
    },
  };
}

/**
 * How the library is to connect.
 * @throws CorralError FLEET_INSECURE, FLEET_CREDENTIALS, USAGE
 */
export function loginOptions(options: BrokerOptions): ConnectionOptions {
  const { address, security, limits, name } = options;
  if (!address.tls) for (const server of address.servers) refuseInsecureCalling(server, security);
  return {
    ...userOptions(options),
    ...tlsOptions(options),
    name,
    servers: address.servers.map(formatHostAddress),
    timeout: limits.strangerMs,
    pingInterval: limits.keepaliveAnswerMs,
    maxPingOut: 2,
    maxReconnectAttempts: -1,
    reconnectTimeWait: reconnectMs,
    reconnectJitter: reconnectJitterMs,
    reconnectJitterTLS: reconnectJitterMs,
    noAsyncTraces: true,
  };
}

/** Whether a broker asks those who call it who they are. */
interface BrokerManners {
  readonly auth_required?: boolean;
  readonly tls_verify?: boolean;
}

/** Whoever reaches a broker that asks nobody who they are could use the agents there. @throws CorralError FLEET_INSECURE */
export function refuseOpenBroker(
  { address, security }: BrokerOptions,
  { auth_required, tls_verify }: BrokerManners,
): void {
  if (security.insecure || auth_required === true || tls_verify === true) return;
  const where = formatBrokerAddress(address);
  throw new CorralError(
    "FLEET_INSECURE",
    `everybody who reaches ${where} could use this agent: it asks nobody who they are`,
    {
      object: where,
      fix: "give the broker users, or --insecure where all who reach it are trusted",
    },
  );
}
