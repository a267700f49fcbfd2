import type { HostAddress } from "../transport/index.ts";
import { formatHostAddress, isLoopback, parseHostAddress } from "../transport/index.ts";

const isWildcard = ({ host }: HostAddress): boolean => host === "0.0.0.0" || /^[0:]+$/.test(host);

/**
 * Where an agent is called from here, by where it says that it listens there.
 * @param host where ssh goes
 * @returns null when it listens where only that host itself can call
 */
export function callableAddress(listens: string, host: string): string | null {
  const address = parseHostAddress(listens);
  if (isWildcard(address)) return formatHostAddress({ host, port: address.port });
  return isLoopback(address) && !isLoopback({ host, port: address.port }) ? null : formatHostAddress(address);
}
