import { CorralError, formatBytes, quote } from "../../report/index.ts";
import type { AgentUnit } from "./agent-unit.ts";
import { agentUnit } from "./agent-unit.ts";
import type { HostFacts, Service } from "./host-facts.ts";
import type { PackageArchive } from "./package-archive.ts";

/** How agents are to be run: as a host has it, or in one way on all. */
export const serviceChoices = ["auto", "system", "user", "none"] as const;
export type ServiceChoice = (typeof serviceChoices)[number];

/** What is to be done on a host so that the package is there. */
export interface DeployPlan {
  readonly service: Service;
  /** Path of Node there. */
  readonly node: string;
  readonly copy: boolean;
  readonly activate: boolean;
  /** Null: none, or it is there. */
  readonly unit: AgentUnit | null;
  /** Releases that nobody needs any more. */
  readonly remove: readonly string[];
  readonly warnings: readonly string[];
}

const refuse = (message: string, fix: string, found?: string): CorralError =>
  new CorralError("FLEET_HOST", message, { fix, ...(found === undefined ? {} : { found }) });

/** What runs agents there. @throws CorralError FLEET_HOST when it is not what was asked for */
export function chooseService({ systemd, systemdOfUser, uid }: HostFacts, choice: ServiceChoice): Service {
  if (choice === "none") return "process";
  if (choice === "auto") return systemd && uid === 0 ? "system" : "process";
  if (choice === "user") {
    if (systemdOfUser) return "user";
    throw refuse(
      "no systemd of the user answers",
      "log in there once with loginctl enable-linger, or give --systemd none",
    );
  }
  if (!systemd) throw refuse("systemd does not run there", "give --systemd none");
  if (uid !== 0) throw refuse("a unit of the system takes root", "name the host as root@HOST, or give --systemd user");
  return "system";
}

/** Path of a Node that is new enough. @throws CorralError FLEET_HOST */
function nodeOf({ node, nodeVersion }: HostFacts, [major, minor]: PackageArchive["oldestNode"]): string {
  const wanted = `Node ${major}.${minor} or newer`;
  const fix = `install ${wanted} there, or name one with --node`;
  if (node === null) throw refuse("there is no node on its PATH", fix);
  const match = /^v(\d+)\.(\d+)\.\d+/.exec(nodeVersion ?? "");
  const found = nodeVersion ?? "nothing";
  if (match === null) throw refuse(`${quote(node)} says ${quote(found)} for its version`, fix, found);
  const [has, hasMinor] = [Number(match[1]), Number(match[2])];
  if (has > major || (has === major && hasMinor >= minor)) return node;
  throw refuse(`its ${quote(node)} is ${found}, and ${wanted} is needed`, fix, found);
}

/** The archive, what is in it, and as much again for what it writes. */
const neededBytes = ({ bytes, unpackedBytes }: PackageArchive): number => bytes.length + 2 * unpackedBytes;

function refuseWithoutRoom({ freeBytes, writable, directory }: HostFacts, archive: PackageArchive): void {
  if (!writable)
    throw refuse(`${directory} cannot be written`, "give --directory, or name the host as a user who may write there");
  const needed = neededBytes(archive);
  if (freeBytes !== null && freeBytes < needed)
    throw refuse(
      `${formatBytes(freeBytes)} are free for ${directory}, and ${formatBytes(needed)} are needed`,
      "make room there, or give --directory",
      String(freeBytes),
    );
}

/** The one before stays, to go back to, and so does what an agent still runs from. */
const keptReleases = ({ current, agent }: HostFacts, { release }: PackageArchive): readonly (string | null)[] => [
  release,
  current,
  agent?.release ?? null,
];

/**
 * What a host still needs, by what it has told; all empty when it has everything.
 * @throws CorralError FLEET_HOST when the package cannot be there, with the reason and the way out
 */
export function planDeploy(facts: HostFacts, archive: PackageArchive, choice: ServiceChoice): DeployPlan {
  const { system, machine, lacking, releases, current, agent, units } = facts;
  if (system !== "Linux") throw refuse(`its system is ${quote(system)}`, "name hosts with Linux", system);
  if (lacking.length > 0)
    throw refuse(
      `${lacking.join(", ")} cannot be found there`,
      `install ${lacking.join(", ")} there`,
      lacking.join(","),
    );
  const node = nodeOf(facts, archive.oldestNode);
  const service = chooseService(facts, choice);
  const copy = !releases.includes(archive.release);
  if (copy) refuseWithoutRoom(facts, archive);
  const unit = service === "process" ? null : agentUnit(archive.unit, facts, service);
  const kept = keptReleases(facts, archive);
  const activate = current !== archive.release;
  return {
    service,
    node,
    copy,
    activate,
    unit: unit === null || units[unit.service] === unit.sha256 ? null : unit,
    remove: activate ? releases.filter((one) => !kept.includes(one)) : [],
    warnings: [
      ...(archive.machines.includes(machine)
        ? []
        : [`the package has no native pieces for ${machine}; see corral doctor there`]),
      ...(agent !== null && agent.release !== archive.release
        ? ["its agent still runs what was there before; corral fleet start --restart changes that"]
        : []),
    ],
  };
}

/** The steps of a plan, in their order. */
export const deploySteps = ({ copy, activate, unit }: DeployPlan): readonly string[] => [
  ...(copy ? ["copy"] : []),
  ...(activate ? ["activate"] : []),
  ...(unit === null ? [] : ["unit"]),
];
