import type { HostsDocument, HostsRequest, SshSettings, SshTarget } from "../fleet/deploy/index.ts";
import {
  hostsExit,
  hostsText,
  mergeTargets,
  parseDirectory,
  parseHostFile,
  parseHostList,
} from "../fleet/deploy/index.ts";
import { readConfigText } from "../report/config/index.ts";
import { CorralError } from "../report/index.ts";
import { wholeNumber } from "../run/settings/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { flagValue, nameAndValue } from "./flag-values.ts";
import type { fleetHostFlags } from "./fleet-host-flags.ts";
import { say, writeText } from "./output.ts";
import { corralVersion } from "./version.ts";

type Flags = RawFlags<typeof fleetHostFlags> & {
  readonly "dry-run"?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
};

const parallelOf = wholeNumber(1, 256);

function targetsOf({ hosts, "hosts-file": file }: Flags): readonly SshTarget[] {
  const listed = hosts === undefined ? [] : parseHostList(hosts);
  return mergeTargets(listed, file === undefined ? [] : parseHostFile(readConfigText(file), file));
}

function sshOf({ ssh, "ssh-option": options = [] }: Flags): SshSettings {
  for (const option of options) flagValue("ssh-option", option, nameAndValue);
  return { program: ssh ?? (process.env["CORRAL_SSH"] || "ssh"), options };
}

function nodeOf({ node }: Flags): string | null {
  if (node === undefined || /^\/[^\0-\x1f]*$/.test(node)) return node ?? null;
  throw new CorralError("USAGE", "--node takes an absolute path", { object: "--node", found: node });
}

/** What the flags of every command about hosts say. @throws CorralError USAGE, CONFIG */
export const hostsRequest = (flags: Flags, action: HostsRequest["action"]): HostsRequest => ({
  action,
  targets: targetsOf(flags),
  parallel: flagValue("parallel", flags.parallel ?? "16", parallelOf),
  dryRun: flags["dry-run"] === true,
  version: corralVersion(),
  ssh: sshOf(flags),
  directory: parseDirectory(flags.directory),
  node: nodeOf(flags),
  onStep: (host, what) => {
    if (flags.quiet !== true) say(`${host}: ${what}`);
  },
});

/** Tells what came of all hosts. @returns the exit status */
export function tellHosts(document: HostsDocument, { json }: Flags): number {
  writeText(1, json === true ? `${JSON.stringify(document, null, 2)}\n` : hostsText(document));
  return hostsExit(document);
}
