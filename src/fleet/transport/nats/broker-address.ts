import { CorralError } from "../../../report/index.ts";
import type { HostAddress } from "../address.ts";
import { formatHostAddress, parseHostAddress } from "../address.ts";

/** The port of a broker when nobody says otherwise. */
const defaultPort = 4222;

/** Who says that they are this user; only one of the forms. */
export interface BrokerUser {
  readonly user: string;
  readonly password: string | null;
}

/** Where a broker is: one server, or several of a cluster. */
export interface BrokerAddress {
  readonly servers: readonly HostAddress[];
  /** Whether the address asks for TLS. */
  readonly tls: boolean;
  /** What it says of who calls; a user without a password is a token. */
  readonly user: BrokerUser | null;
}

function unusable(why: string): CorralError {
  // The address itself is not told: it may have a password in it.
  return new CorralError("USAGE", `--nats ${why}`, {
    object: "--nats",
    fix: "write nats://HOST[:PORT] or tls://HOST[:PORT], several of a cluster with commas between",
  });
}

function parseServer(text: string): Omit<BrokerAddress, "servers"> & { readonly server: HostAddress } {
  const match = /^(?:(nats|tls):\/\/)?(?:([^@/]*)@)?([^@/]+)\/?$/.exec(text);
  const [, scheme, userInfo, place] = match ?? [];
  if (place === undefined) throw unusable("is no address of a broker");
  const server = parsePlace(place);
  if (userInfo === undefined) return { server, tls: scheme === "tls", user: null };
  const colon = userInfo.indexOf(":");
  const user = decode(colon === -1 ? userInfo : userInfo.slice(0, colon));
  if (user === "") throw unusable("has an empty user");
  const password = colon === -1 ? null : decode(userInfo.slice(colon + 1));
  return { server, tls: scheme === "tls", user: { user, password } };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw unusable("has a user or a password with a % that begins no escape");
  }
}

function parsePlace(place: string): HostAddress {
  try {
    return parseHostAddress(/:\d+$/.test(place) ? place : `${place}:${defaultPort}`);
  } catch {
    throw unusable("names no host");
  }
}

/** Reads `nats://host`, `tls://host:port`, `nats://user:password@host`, several with commas. @throws CorralError USAGE */
export function parseBrokerAddress(text: string): BrokerAddress {
  const parsed = text.split(",").map((one) => parseServer(one.trim()));
  const users = parsed.flatMap(({ user }) => user ?? []);
  const [user = null] = users;
  if (users.some((one) => one.user !== user?.user || one.password !== user.password))
    throw unusable("has several users");
  return { servers: parsed.map(({ server }) => server), tls: parsed.some(({ tls }) => tls), user };
}

/** As it is told to people: without who calls. */
export const formatBrokerAddress = ({ servers, tls }: BrokerAddress): string =>
  servers.map((server) => `${tls ? "tls" : "nats"}://${formatHostAddress(server)}`).join(",");
