import { existsSync } from "node:fs";
import { CorralError } from "../src/report/index.ts";
import { type Requirement, type RequirementUse, requirements } from "./requirements.ts";
import { findTool, runTool } from "./tool.ts";

/** One thing a guest needs, and whether it is here. */
export interface VmRequirement {
  readonly name: string;
  readonly use: RequirementUse;
  /** Where it was found, or null. */
  readonly path: string | null;
  readonly debianPackage: string;
}

/** What this host can do with virtual machines. */
export interface VmProbe {
  /** Whether `runInVm` can work with a plain init and a kernel that is already prepared. */
  readonly usable: boolean;
  readonly requirements: readonly VmRequirement[];
  /** Debian packages to install, each once. */
  readonly missingPackages: readonly string[];
  /** Why this process may not share the root file system; null when it may. */
  readonly privilegeProblem: string | null;
  /** Why no guest can run whatever is installed: another processor; null when there is no such reason. */
  readonly platformProblem: string | null;
}

/** Looks for everything a guest needs; changes nothing. */
export async function probeVm(): Promise<VmProbe> {
  const found = requirements.map((requirement) => ({
    name: requirement.name,
    use: requirement.use,
    path: locate(requirement),
    debianPackage: requirement.debianPackage,
  }));
  const missing = found.filter(({ path }) => path === null);
  const privilegeProblem = await findPrivilegeProblem();
  const platformProblem = findPlatformProblem();
  return {
    usable: privilegeProblem === null && platformProblem === null && !missing.some(({ use }) => use === "run"),
    requirements: found,
    missingPackages: [...new Set(missing.map(({ debianPackage }) => debianPackage))],
    privilegeProblem,
    platformProblem,
  };
}

/**
 * Refuses early, naming everything that is missing at once.
 * @throws {CorralError} VM_UNAVAILABLE
 */
export async function requireVm(uses: readonly RequirementUse[]): Promise<void> {
  const probe = await probeVm();
  const problem = probe.platformProblem ?? probe.privilegeProblem;
  if (problem !== null) {
    throw new CorralError("VM_UNAVAILABLE", `the virtual machine cannot run here: ${problem}`, {
      fix: "run it as root on an x86-64 host or in a privileged container",
    });
  }
  const missing = probe.requirements.filter(({ use, path }) => path === null && uses.includes(use));
  if (missing.length === 0) return;
  const names = missing.map(({ name }) => name).join(", ");
  const packages = [...new Set(missing.map(({ debianPackage }) => debianPackage))].join(" ");
  throw new CorralError("VM_UNAVAILABLE", `the virtual machine needs ${names}, not found on this host`, {
    object: names,
    fix: `install: ${packages}`,
  });
}

function locate(requirement: Requirement): string | null {
  for (const candidate of requirement.anyOf) {
    const path = candidate.startsWith("/") && existsSync(candidate) ? candidate : findTool(candidate);
    if (path !== null) return path;
  }
  return null;
}

/** A guest sees the host's programs, so it has to have the host's processor. */
function findPlatformProblem(): string | null {
  if (process.platform === "linux" && process.arch === "x64") return null;
  return `guests are x86-64 Linux and this is ${process.platform} on ${process.arch}`;
}

/** Asks the kernel rather than the capability sets: containers forbid mounts in more ways than one. */
async function findPrivilegeProblem(): Promise<string | null> {
  if (process.getuid?.() !== 0) return "sharing / with it read-only needs root";
  try {
    await runTool("unshare", ["--mount", "--propagation", "private", "mount", "--bind", "/proc", "/proc"]);
    return null;
  } catch (error) {
    return `a private mount namespace was refused (${error instanceof Error ? error.message : String(error)})`;
  }
}
