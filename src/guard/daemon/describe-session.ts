import type { SessionDocument } from "../model/index.ts";
import type { LiveSession } from "./live-session.ts";
import type { MemoryGuard } from "./memory-guard.ts";

/**
 * A session as its tenant sees it.
 * @param calls that run in it now
 * @param leftMs until it ends by itself; null: never
 */
export function describeSession(
  session: LiveSession,
  calls: number,
  leftMs: number | null,
  memory: Pick<MemoryGuard, "stage" | "frozenNs">,
): SessionDocument {
  const { spec, groups, since, freeze } = session;
  return {
    schema: "corral.session/1",
    name: spec.name,
    class: spec.class,
    owner: spec.owner,
    origin: spec.origin,
    since,
    ttl_ms: spec.ttlMs,
    expires_in_ms: leftMs === null ? null : Math.ceil(leftMs),
    frozen: freeze !== null,
    frozen_ms: Number(memory.frozenNs(session)) / 1e6,
    memory_stage: memory.stage(spec.name),
    processes: groups.processes().length,
    memory_bytes: groups.memoryBytes(),
    calls,
    group: groups.places.session,
    framework: groups.places.framework,
    limits: groups.outcomes,
  };
}
