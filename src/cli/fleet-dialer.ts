import type { FleetFile } from "../fleet/config/index.ts";
import { dialAgents } from "../fleet/transport/grpc/index.ts";
import type { AgentDialer } from "../fleet/transport/index.ts";
import { readSecurity, transportLimits } from "../fleet/transport/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import type { fleetSecurityFlags } from "./fleet-security-flags.ts";

/**
 * The way to the agents of a run, by flags first and by the file for the rest.
 * @throws CorralError FLEET_CREDENTIALS, USAGE
 */
export function openDialer(flags: RawFlags<typeof fleetSecurityFlags>, { security = {} }: FleetFile): AgentDialer {
  const { ca, cert, key, tls, insecure, server_name: serverName, token_file: tokenFile } = security;
  return dialAgents({
    limits: transportLimits,
    security: readSecurity({
      tokenFile: flags["token-file"] ?? tokenFile,
      ca: flags["tls-ca"] ?? ca,
      certificate: flags["tls-cert"] ?? cert,
      key: flags["tls-key"] ?? key,
      serverName: flags["server-name"] ?? serverName,
      tls: flags.tls ?? tls,
      insecure: flags.insecure ?? insecure,
    }),
  });
}
