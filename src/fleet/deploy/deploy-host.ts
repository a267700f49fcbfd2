import { formatBytes } from "../../report/index.ts";
import type { AgentUnit } from "./agent-unit.ts";
import { managerFlag } from "./agent-unit.ts";
import type { HostFacts } from "./host-facts.ts";
import type { HostFinding } from "./host-result.ts";
import type { HostSession } from "./host-session.ts";
import type { PackageArchive } from "./package-archive.ts";
import type { DeployPlan, ServiceChoice } from "./plan-deploy.ts";
import { deploySteps, planDeploy } from "./plan-deploy.ts";

/** For the package to come there: 10 KiB a second are enough. */
const copyLimitMs = 600_000;

export interface DeployOptions {
  readonly archive: PackageArchive;
  readonly choice: ServiceChoice;
  readonly dryRun: boolean;
}

const systemText = ({ system, kernel, machine }: HostFacts): string => `${system} ${kernel} ${machine}`;

/** What is known of a host before anything is done. */
export const factsFinding = (facts: HostFacts) => ({
  directory: facts.directory,
  node: facts.nodeVersion,
  system: systemText(facts),
});

async function installUnit(session: HostSession, { path, text, service }: AgentUnit): Promise<void> {
  const U = service === "system" ? path : { inHome: path };
  await session.ask("unit", "installing the unit", { U, M: managerFlag(service) }, { data: Buffer.from(text) });
}

async function applyPlan(session: HostSession, plan: DeployPlan, archive: PackageArchive): Promise<void> {
  const { release, bytes, sha256 } = archive;
  const { copy, activate, unit, node, remove } = plan;
  if (copy) {
    const what = `copying ${formatBytes(bytes.length)}`;
    const parameters = { R: release, S: sha256, N: node };
    await session.ask("copy", what, parameters, { data: bytes, limitMs: copyLimitMs });
  }
  if (activate) await session.ask("activate", "switching over", { R: release, N: node, O: remove.join(" ") });
  if (unit !== null) await installUnit(session, unit);
}

/**
 * Brings the package to a host; of what is there already nothing is done again.
 * @throws CorralError FLEET_HOST
 */
export async function deployHost(
  session: HostSession,
  { archive, choice, dryRun }: DeployOptions,
): Promise<HostFinding> {
  const facts = await session.look();
  const plan = planDeploy(facts, archive, choice);
  const steps = deploySteps(plan);
  if (!dryRun) await applyPlan(session, plan, archive);
  return {
    ...factsFinding(facts),
    outcome: dryRun ? "planned" : steps.length === 0 ? "unchanged" : "deployed",
    steps,
    release: archive.release,
    service: plan.service,
    warnings: plan.warnings,
  };
}
