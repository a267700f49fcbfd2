import { isIPv4, isIPv6 } from "node:net";
import { CorralError, quote } from "../../report/index.ts";

/** Where an agent listens when nobody says otherwise. */
export const defaultPort = 7167;

export interface HostAddress {
  /** An IP address or a name, which is looked up when it is called. */
  readonly host: string;
  readonly port: number;
}

const nameRule =
  /^(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$/;

/** `host`, `host:port`, `[::1]:port`. @throws CorralError USAGE */
export function parseHostAddress(text: string): HostAddress {
  const match = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(text);
  const [, six, other, digits] = match ?? [];
  const port = digits === undefined ? defaultPort : Number(digits);
  const isHost = six === undefined ? other !== undefined && nameRule.test(other) : isIPv6(six);
  if (isHost && port <= 65_535) return { host: six ?? other ?? "", port };
  throw new CorralError("USAGE", `${quote(text)} is no address of an agent or a controller`, {
    object: text,
    fix: `write HOST, HOST:PORT or [IPV6]:PORT; the port is ${defaultPort} when it is left out`,
  });
}

/** Whether a text is an IP address or could be a name of a host. */
export const isHostName = (text: string): boolean => nameRule.test(text) || isIPv6(text);

export const formatHostAddress = ({ host, port }: HostAddress): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;

/** Whether what is said to this host stays on this machine. */
export const isLoopback = ({ host }: HostAddress): boolean =>
  host === "localhost" || (isIPv4(host) && host.startsWith("127.")) || (isIPv6(host) && /^(0*:)*:?0*1$/.test(host));
