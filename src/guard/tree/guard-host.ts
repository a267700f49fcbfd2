import type { HostCgroups } from "../../cgroup/index.ts";

/** For benchmarks and tests alone; not told to users. */
const switchName = "CORRAL_GUARD_BENCH_WITHOUT_CONTROLLERS";

/**
 * The host as the guard sees it. On a hybrid host findGuardRoot refuses it, unless a benchmark has asked for the cgroup v2 mount
 * as if it were alone: groups, freeze and kill work there, and not one limit does; each is told as not enforceable, and
 * all controllers as missing.
 */
export function guardHost(host: HostCgroups, environment: Readonly<NodeJS.ProcessEnv>): HostCgroups {
  const { unified } = host;
  if (host.kind !== "hybrid" || unified === null || environment[switchName] !== "1") return host;
  const owner = Object.fromEntries(Object.entries(host.owner).filter(([, hierarchy]) => hierarchy === unified));
  return { kind: "v2", hierarchies: [unified], unified, owner };
}
