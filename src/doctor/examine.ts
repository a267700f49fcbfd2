import { CorralError } from "../report/index.ts";
import { judgeControllers } from "./controllers.ts";
import { findDisks } from "./disks.ts";
import { findEvents } from "./events.ts";
import { findFiles } from "./files.ts";
import type { Finding, FindingGroup } from "./finding.ts";
import { findGroups } from "./groups.ts";
import { findGuard } from "./guard.ts";
import type { ExamineRequest, Host } from "./host.ts";
import { viewHost } from "./host.ts";
import type { LimitVerdict } from "./limits.ts";
import { judgeLimits, summarizeLimits } from "./limits.ts";
import { findMemory } from "./memory.ts";
import { findNative } from "./native.ts";
import type { ScopeOutlook } from "./places.ts";
import { findPlaces } from "./places.ts";
import { findPressure } from "./pressure.ts";
import { judgePrivileges } from "./privileges.ts";
import { findScheduling } from "./scheduling.ts";
import { canAskForScope, gatherServices, judgeServices } from "./services.ts";
import { findSystem } from "./system.ts";

/** What the host can do for Corral and this user. */
export interface Examination {
  readonly release: string;
  readonly uid: number;
  readonly findings: readonly Finding[];
  readonly limits: readonly LimitVerdict[];
  /** One sentence about what `corral run` can enforce. */
  readonly summary: string;
}

type Probe = () => readonly Finding[] | Promise<readonly Finding[]>;

/** A probe that breaks tells so in its own section and stops no other. */
async function runProbe(group: FindingGroup, probe: Probe): Promise<readonly Finding[]> {
  try {
    return await probe();
  } catch (thrown) {
    const found = CorralError.from(thrown).message;
    const consequence = "not known; the rest of the report is not affected";
    return [{ group, name: "probe", status: "unknown", found, probe: "failed", consequence, facts: {} }];
  }
}

/** A run turns to systemd on a host that it manages, with every controller on v2, unless a parent was named. */
function lookForScope(host: Host, canAsk: boolean): ScopeOutlook {
  if (!host.systemd || host.cgroups.kind !== "v2" || host.request.cgroupParent !== null) return "none";
  return canAsk ? "asked" : "none";
}

/**
 * Probes the host: really makes groups, starts children and opens descriptors where that is harmless, and removes
 * and closes them again. Never throws for what a probe found.
 */
export async function examineHost(request: ExamineRequest): Promise<Examination> {
  const host = viewHost(request);
  const services = gatherServices(host);
  const scope = lookForScope(host, canAskForScope(services));
  const places = findPlaces(host);
  const place = (controller: "cpu" | "memory") => places.byController.get(controller);
  const probes: readonly (readonly [FindingGroup, Probe])[] = [
    ["system", () => findSystem(host)],
    ["controllers", () => judgeControllers(places, scope)],
    ["groups", () => findGroups(places.tracking)],
    ["native", () => findNative()],
    ["pressure", () => findPressure(host.cgroups.unified)],
    ["memory", () => findMemory(place("memory"))],
    ["disks", () => findDisks(host.disks)],
    ["scheduling", () => findScheduling(host, place("cpu"))],
    ["events", () => findEvents(host)],
    ["privileges", () => [judgePrivileges(host.uid, host.capabilities)]],
    ["services", () => judgeServices(services)],
    ["files", () => findFiles(request.directories)],
  ];
  const findings: Finding[] = [];
  for (const [group, probe] of probes) findings.push(...(await runProbe(group, probe)));
  findings.push(...(await runProbe("guard", () => findGuard(host, findings))));
  const limits = judgeLimits({ cgroups: host.cgroups, disks: host.disks, places, scope });
  return { release: host.release, uid: host.uid, findings, limits, summary: summarizeLimits(host.uid, limits) };
}
