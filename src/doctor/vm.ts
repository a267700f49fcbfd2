import type { Finding } from "./finding.ts";

/** What the VM harness found out about itself; the caller asks it, this room may not. */
export interface VmFacts {
  readonly usable: boolean;
  readonly missingPackages: readonly string[];
  readonly privilegeProblem: string | null;
  readonly platformProblem: string | null;
}

/** Whether `corral vm run` works here; null when that was not asked. */
export function judgeVm(facts: VmFacts | null): Finding[] {
  if (facts === null) return [];
  const { usable, missingPackages, privilegeProblem, platformProblem } = facts;
  const problems = [
    platformProblem,
    privilegeProblem,
    missingPackages.length === 0 ? null : `missing packages: ${missingPackages.join(" ")}`,
  ].filter((problem) => problem !== null);
  return [
    {
      group: "vm",
      name: "virtual machine",
      status: usable ? (problems.length === 0 ? "yes" : "partly") : "no",
      found: problems.length === 0 ? "QEMU and everything it needs is here" : problems.join("; "),
      probe: "looking up programs on PATH, a private bind mount",
      consequence: usable
        ? `corral vm run works${problems.length === 0 ? ": a current kernel with all of cgroup v2" : ", but not with every option"}`
        : "corral vm run does not work here",
      facts: { usable, missing_packages: missingPackages, problem: platformProblem ?? privilegeProblem },
    },
  ];
}
