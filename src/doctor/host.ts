import { existsSync } from "node:fs";
import { release } from "node:os";
import type { Disk, HostCgroups } from "../cgroup/index.ts";
import { discoverHostCgroups, listDisks } from "../cgroup/index.ts";
import type { NamespaceKind } from "../kernel/index.ts";
import { isInitialNamespace } from "../kernel/index.ts";
import type { CapabilitySet } from "./capabilities.ts";
import { parseCapabilities } from "./capabilities.ts";
import type { KernelConfig } from "./kernel-config.ts";
import { readKernelConfig } from "./kernel-config.ts";
import { readText } from "./read.ts";

/** What the caller knows and the host does not. */
export interface ExamineRequest {
  readonly env: NodeJS.ProcessEnv;
  /** Parent group that runs would be given (CORRAL_CGROUP_PARENT), or null. */
  readonly cgroupParent: string | null;
  /** Where Corral keeps its files, by purpose. */
  readonly directories: Readonly<Record<string, string>>;
}

/** What several probes look at, read once. */
export interface Host {
  readonly request: ExamineRequest;
  readonly uid: number;
  readonly release: string;
  readonly cgroups: HostCgroups;
  readonly disks: readonly Disk[];
  readonly capabilities: CapabilitySet | null;
  readonly namespaces: Namespaces;
  readonly config: KernelConfig | null;
  readonly systemd: boolean;
}

/** Whether this process is in the host's own namespace of a kind; null when that cannot be seen. */
export type Namespaces = Readonly<Record<NamespaceKind, boolean | null>>;

/** Reads what several probes share; changes nothing. */
export function viewHost(request: ExamineRequest): Host {
  const cgroups = discoverHostCgroups();
  return {
    request,
    uid: process.getuid?.() ?? 0,
    release: release(),
    cgroups,
    disks: listDisks(cgroups.unified?.mountPoint ?? null),
    capabilities: parseCapabilities(readText("/proc/self/status") ?? ""),
    namespaces: {
      pid: isInitialNamespace("pid"),
      user: isInitialNamespace("user"),
      cgroup: isInitialNamespace("cgroup"),
    },
    config: readKernelConfig(release()),
    systemd: existsSync("/run/systemd/system"),
  };
}
