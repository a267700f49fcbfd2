import { deployHost, doOnHosts, packArchive, serviceChoices } from "../fleet/deploy/index.ts";
import { packageRoot } from "../kernel/index.ts";
import { oneOf } from "../run/settings/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue } from "./flag-values.ts";
import type { fleetDeployFlags } from "./fleet-host-flags.ts";
import { hostsRequest, tellHosts } from "./fleet-host-request.ts";

/**
 * `corral fleet deploy`: brings the package that this is to hosts.
 * @returns 0; 4 when ssh did not come to a host, 1 when another failed
 * @throws CorralError USAGE, CONFIG, NATIVE_MISSING
 */
export async function fleetDeployCommand(flags: RawFlags<typeof fleetDeployFlags>): Promise<number> {
  const request = hostsRequest(flags, "deploy");
  const choice = flagValue("systemd", flags.systemd ?? "auto", oneOf(serviceChoices));
  const options = { archive: packArchive(packageRoot()), choice, dryRun: request.dryRun };
  return tellHosts(await doOnHosts(request, (session) => deployHost(session, options)), flags);
}
