import type { ProcessFacts } from "../../kernel/index.ts";
import { CorralError, quote } from "../../report/index.ts";

/** What the guards must know of a process before it may be governed. */
export interface TargetFacts {
  readonly pid: number;
  readonly comm: string | null;
  readonly kernelThread: boolean | null;
  /** Text of /proc/PID/cgroup, null when it cannot be read. */
  readonly cgroup: string | null;
}

/** A process as the guards see it. */
export const targetFacts = ({ pid, stat, kernelThread, cgroup }: ProcessFacts): TargetFacts => ({
  pid,
  comm: stat?.comm ?? null,
  kernelThread,
  cgroup,
});

/** Who asks: attaching must never hit the branch we sit on. */
export interface Self {
  readonly pid: number;
  /** Pids from our parent up to process 1. */
  readonly ancestors: readonly number[];
  readonly cgroup: string | null;
}

const named = ({ pid, comm }: TargetFacts): string => `process ${pid}${comm === null ? "" : ` (${quote(comm, 32)})`}`;

function protection(target: TargetFacts, self: Self): string | null {
  if (target.pid === 1) return "it is process 1, on which the whole system depends";
  if (target.pid === self.pid) return "it is this Corral";
  if (self.ancestors.includes(target.pid)) return "it started this Corral, which would be governed with it";
  if (target.kernelThread === true) return "it is a kernel thread";
  return null;
}

/** @throws CorralError PROCESS_PROTECTED for process 1, a kernel thread, this Corral and its ancestors */
export function refuseProtected(target: TargetFacts, self: Self): void {
  const reason = protection(target, self);
  if (reason === null) return;
  throw new CorralError("PROCESS_PROTECTED", `${named(target)} must not be governed: ${reason}`, {
    object: String(target.pid),
    fix: "choose another process",
  });
}

/** Path components that container managers give their groups. */
const containerPart = /^(docker|containerd|libpod|podman|crio|cri-containerd|lxc|garden)([-._:].*)?$|^kubepods/;
const machinePart = /^machine\.slice$|^lxc\.payload/;

export interface Manager {
  readonly kind: "container" | "systemd unit";
  readonly name: string;
}

/** Who manages the group of a process, judged by the names in its path; null when nobody known does. */
export function managerOf(cgroup: string | null): Manager | null {
  const paths = (cgroup ?? "").split("\n").map((line) => line.split(":").slice(2).join(":"));
  for (const path of paths) {
    const parts = path.split("/");
    const container = parts.find((part) => containerPart.test(part) || machinePart.test(part));
    if (container !== undefined) return { kind: "container", name: path };
    const unit = parts.findLast((part) => /\.(service|scope)$/.test(part));
    // A scope that Corral asked for is a job's own.
    if (unit !== undefined && !unit.startsWith("corral-")) return { kind: "systemd unit", name: unit };
  }
  return null;
}

/**
 * Refuses to take a process out of a group that somebody else manages: it would escape his limits and his accounting.
 * Our own unit is not somebody else's.
 * @throws CorralError PROCESS_MANAGED
 */
export function refuseManaged(target: TargetFacts, self: Self): void {
  const manager = managerOf(target.cgroup);
  if (manager === null || managerOf(self.cgroup)?.name === manager.name) return;
  throw new CorralError(
    "PROCESS_MANAGED",
    `${named(target)} belongs to the ${manager.kind} ${quote(manager.name, 120)}, and these limits would move it out`,
    {
      object: String(target.pid),
      found: manager.name,
      fix: "set the limits there, use only attributes such as --nice, or give --force-move",
    },
  );
}
