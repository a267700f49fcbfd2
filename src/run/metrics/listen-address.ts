import { isIPv4, isIPv6 } from "node:net";
import { CorralError, quote } from "../../report/index.ts";

/** Where to listen. Port 0 is any free one. */
export type ListenAddress =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "unix"; readonly path: string };

/** Where metrics are served when nobody says otherwise: for this host only. */
export const defaultListen = "127.0.0.1:9091";

/** Size of sun_path without its last NUL (unix(7)). */
const maxSocketPathBytes = 107;

const badAddress = (text: string, fix: string): CorralError =>
  new CorralError("USAGE", `cannot listen on ${quote(text)}: it is not an address of this kind`, {
    object: text,
    fix,
  });

/**
 * Reads `127.0.0.1:9091`, `[::1]:9091` or `unix:/path`. Names are not looked up: which interface serves is never a surprise.
 * @throws CorralError USAGE
 */
export function parseListen(text: string): ListenAddress {
  if (text.startsWith("unix:")) return parseSocketPath(text);
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const [, six, four, digits = ""] = match ?? [];
  const port = Number(digits);
  const host = six !== undefined && isIPv6(six) ? six : four !== undefined && isIPv4(four) ? four : null;
  if (host === null || port > 65_535) {
    throw badAddress(
      text,
      "write ADDRESS:PORT with an IP address, such as 127.0.0.1:9091 or [::1]:9091, or unix:/PATH",
    );
  }
  return { kind: "tcp", host, port };
}

function parseSocketPath(text: string): ListenAddress {
  const path = text.slice("unix:".length);
  if (!path.startsWith("/") || path.endsWith("/") || path.includes("\0"))
    throw badAddress(text, "write the whole path of the socket, such as unix:/run/corral/metrics.sock");
  if (Buffer.byteLength(path) > maxSocketPathBytes)
    throw badAddress(text, `the path of a socket has at most ${maxSocketPathBytes} bytes`);
  return { kind: "unix", path };
}

/** An address as `parseListen` reads it. */
export function formatListen(address: ListenAddress): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  return isIPv6(address.host) ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
