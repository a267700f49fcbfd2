/*
 * Brings Corral to hosts, starts agents there and ends them, over the ssh of the user. What is to be done is planned from what a
 * host tells of itself; doing it is a script of the POSIX shell a step. It knows no run, and asks agents nothing: who calls it
 * says how one is asked whether it is there.
 */
export type { AgentSettings } from "./agent-settings.ts";
export { ownAgentFlags } from "./agent-settings.ts";
export type { DeployOptions } from "./deploy-host.ts";
export { deployHost } from "./deploy-host.ts";
export type { HostsRequest } from "./do-hosts.ts";
export { doOnHosts } from "./do-hosts.ts";
export { services } from "./host-facts.ts";
export type { HostResult, HostsDocument } from "./host-result.ts";
export { hostActions, hostOutcomes, hostsExit, hostsText } from "./host-result.ts";
export { listPackageFiles, packArchive } from "./package-archive.ts";
export type { ServiceChoice } from "./plan-deploy.ts";
export { serviceChoices } from "./plan-deploy.ts";
export { parseDirectory } from "./shell.ts";
export type { SshSettings } from "./ssh.ts";
export { resolveHost } from "./ssh.ts";
export type { SshTarget } from "./ssh-target.ts";
export { mergeTargets, parseHostFile, parseHostList } from "./ssh-target.ts";
export type { StartOptions } from "./start-host.ts";
export { startHost } from "./start-host.ts";
export { stopHost } from "./stop-host.ts";
