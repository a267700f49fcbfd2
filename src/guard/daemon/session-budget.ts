import type { Limits } from "../../cgroup/index.ts";
import { tryReadControl } from "../../cgroup/index.ts";
import type { RunningCallDocument, SessionBudget, SessionPressure } from "../model/index.ts";
import { planBudget } from "../model/index.ts";
import { headroomBytes, readSessionMemory } from "../tree/index.ts";
import type { LiveSession } from "./live-session.ts";

/** A pressure file; null when the kernel does not count it. */
export function parseSessionPressure(text: string | null): SessionPressure | null {
  const of = (kind: string, key: string): number | null => {
    const found = new RegExp(`^${kind} .*\\b${key}=([\\d.]+)`, "m").exec(text ?? "")?.[1];
    return found === undefined ? null : Number(found);
  };
  const [avg, total] = [of("some", "avg10"), of("some", "total")];
  return avg === null || total === null ? null : { some_avg10: avg, full_avg10: of("full", "avg10"), some_us: total };
}

const numberOf = (value: number | "max" | undefined): number | null => (typeof value === "number" ? value : null);

const percentOf = ({ cpuMax }: Limits): number | null =>
  cpuMax === undefined || cpuMax.quotaUs === "max" ? null : (cpuMax.quotaUs / cpuMax.periodUs) * 100;

/** What one call may have at most. */
function ceilingsOf({ spec }: LiveSession): SessionBudget["call_ceilings"] {
  const most = 1e9;
  const { limits, timeMs } = planBudget({ memoryBytes: "max", cpuPercent: most, pids: most }, spec);
  const percent = percentOf(limits) ?? most;
  return {
    memory_bytes: numberOf(limits.memoryMax),
    cpu_percent: percent >= most ? null : percent,
    pids: limits.pidsMax === most ? null : numberOf(limits.pidsMax),
    time_ms: timeMs,
    calls: spec.tools.mostCalls,
  };
}

/** What a session has, uses and may still have. */
export function describeBudget(session: LiveSession, calls: readonly RunningCallDocument[]): SessionBudget {
  const { spec, groups, freeze } = session;
  const directory = groups.places.session;
  const read = (file: string): string | null => tryReadControl(`${directory}/${file}`);
  const pressureOf = (what: string): SessionPressure | null => parseSessionPressure(read(`${what}.pressure`));
  const memory = readSessionMemory(directory);
  const usage = groups.usage();
  return {
    schema: "corral.session-budget/1",
    session: spec.name,
    class: spec.class,
    frozen: freeze !== null,
    memory: {
      current_bytes: memory.currentBytes,
      reclaimable_bytes: memory.reclaimableBytes,
      cap_bytes: memory.capBytes,
      headroom_bytes: headroomBytes(memory),
    },
    cpu: {
      weight: spec.limits.cpuWeight,
      cap_percent: percentOf(spec.limits),
      used_us: usage.cpu_total_us,
      throttled_us: usage.throttled_us,
    },
    pids: { current: Number(read("pids.current") ?? groups.processes().length), cap: numberOf(spec.limits.pidsMax) },
    pressure: { cpu: pressureOf("cpu"), memory: pressureOf("memory"), io: pressureOf("io") },
    call_ceilings: ceilingsOf(session),
    calls,
    limits: groups.outcomes,
  };
}
