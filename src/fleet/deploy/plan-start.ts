import { CorralError } from "../../report/index.ts";
import type { AgentSettings, SettingsArchive } from "./agent-settings.ts";
import { archiveSettings } from "./agent-settings.ts";
import type { HostFacts, Service } from "./host-facts.ts";
import type { ServiceChoice } from "./plan-deploy.ts";
import { chooseService } from "./plan-deploy.ts";

/** How an agent is to be started on a host. */
export interface StartPlan {
  readonly service: Service;
  readonly release: string;
  readonly node: string;
  readonly settings: SettingsArchive;
}

const deployFirst = "run corral fleet deploy for it first";

/** What runs the agent there: a unit is only worth something where deploy has put one. */
function serviceOf(facts: HostFacts, choice: ServiceChoice): Service {
  const service = chooseService(facts, choice);
  if (service === "process" || facts.units[service] !== null) return service;
  if (choice === "auto") return "process";
  throw new CorralError("FLEET_HOST", "deploy has put no unit there", {
    fix: `${deployFirst}, with --systemd ${choice}`,
  });
}

/**
 * What an agent is started from and with.
 * @throws CorralError FLEET_HOST when nothing is deployed there, or Node is gone
 */
export function planStart(facts: HostFacts, settings: AgentSettings, choice: ServiceChoice): StartPlan {
  const { current: release, node, directory, releases } = facts;
  if (release === null || !releases.includes(release))
    throw new CorralError("FLEET_HOST", `nothing is deployed in ${directory}`, { fix: deployFirst });
  if (node === null)
    throw new CorralError("FLEET_HOST", "there is no node on its PATH", { fix: "name one with --node" });
  const service = serviceOf(facts, choice);
  return { service, release, node, settings: archiveSettings(settings, { directory, node, release, service }) };
}
