import { CorralError } from "../../report/index.ts";
import type { HostAddress } from "./address.ts";
import { formatHostAddress, isLoopback } from "./address.ts";

/** Certificates, as PEM. */
export interface TlsMaterial {
  /** Who signs the other side's certificate. Of who listens, null: callers show none. Of who calls, null: the system's. */
  readonly ca: Buffer | null;
  /** Our own; who listens needs one, who calls shows it when there is one. */
  readonly certificate: Buffer | null;
  readonly key: Buffer | null;
  /** The name that the other side's certificate is for, where it is not that of the address. */
  readonly serverName: string | null;
}

/** How two sides know each other. */
export interface TransportSecurity {
  /** Null: plaintext. */
  readonly tls: TlsMaterial | null;
  /** Said by who calls, and wanted by who listens. */
  readonly token: string | null;
  /** Whoever asked for it takes plaintext on a network, and callers that nobody knows. */
  readonly insecure: boolean;
}

const insecure = (address: HostAddress, message: string, fix: string): CorralError =>
  new CorralError("FLEET_INSECURE", message, { object: formatHostAddress(address), fix });

/** Whether callers prove who they are. */
const knowsCallers = ({ tls, token }: TransportSecurity): boolean =>
  token !== null || (tls !== null && tls.ca !== null);

/** @throws CorralError FLEET_INSECURE */
export function refuseInsecureListening(address: HostAddress, security: TransportSecurity): void {
  if (security.insecure) return;
  if (security.tls === null && !isLoopback(address))
    throw insecure(
      address,
      `${formatHostAddress(address)} would be served in plaintext on a network`,
      "give --tls-cert and --tls-key, or --insecure where the network is trusted",
    );
  if (!knowsCallers(security))
    throw insecure(
      address,
      `everybody who reaches ${formatHostAddress(address)} could use it`,
      "give --token-file, or --tls-ca for callers with certificates, or --insecure",
    );
}

/** @throws CorralError FLEET_INSECURE */
export function refuseInsecureCalling(address: HostAddress, security: TransportSecurity): void {
  if (security.insecure || security.tls !== null || isLoopback(address)) return;
  throw insecure(
    address,
    `${formatHostAddress(address)} would be called in plaintext over a network`,
    "give --tls or --tls-ca, or --insecure where the network is trusted",
  );
}
