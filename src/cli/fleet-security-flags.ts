import type { TransportSecurity } from "../fleet/transport/index.ts";
import { readSecurity } from "../fleet/transport/index.ts";
import type { FlagTable, RawFlags } from "./flag-definition.ts";

/** How controllers and agents know each other. */
export const fleetSecurityFlags = {
  "token-file": {
    group: "Security",
    common: true,
    value: "FILE",
    brief: "a secret that both sides know; a file that others cannot read",
  },
  "tls-ca": { group: "Security", common: true, value: "FILE", brief: "who signs the other side's certificate; PEM" },
  "tls-cert": { group: "Security", common: true, value: "FILE", brief: "our certificate; PEM" },
  "tls-key": { group: "Security", common: true, value: "FILE", brief: "its private key; PEM" },
  tls: { group: "Security", brief: "call with TLS, and trust whom the system trusts" },
  "server-name": {
    group: "Security",
    value: "NAME",
    brief: "the name in the other side's certificate, if not its host's",
  },
  insecure: { group: "Security", common: true, brief: "allow plaintext over a network, and callers that nobody knows" },
} as const satisfies FlagTable;

/** @throws CorralError FLEET_CREDENTIALS, USAGE */
export const fleetSecurity = (flags: RawFlags<typeof fleetSecurityFlags>): TransportSecurity =>
  readSecurity({
    tokenFile: flags["token-file"],
    ca: flags["tls-ca"],
    certificate: flags["tls-cert"],
    key: flags["tls-key"],
    serverName: flags["server-name"],
    tls: flags.tls,
    insecure: flags.insecure,
  });
