import { hostname } from "node:os";
import type { ExecMover, ProcessIdentity } from "../kernel/index.ts";
import { bootId, toPid, uptimeTicks } from "../kernel/index.ts";
import { groupDirectory, groupId } from "./cgroup-id.ts";
import type { EventSource, LossCause } from "./event-source.ts";
import { lossCauses } from "./event-source.ts";
import type { FeedItem, FeedOrigin, RunningItem } from "./feed-item.ts";
import { GroupNamer } from "./group-namer.ts";
import type { CgroupFilter, TraceSourceOptions } from "./open-source.ts";
import { openTraceSource } from "./open-source.ts";
import { readDetails } from "./process-details.ts";
import { scanProcesses } from "./process-scan.ts";
import type { TraceEvent } from "./trace-event.ts";

export interface LiveFeedOptions
  extends Pick<TraceSourceOptions, "prefer" | "pollIntervalMs" | "opens" | "readline" | "signal" | "leisureMs"> {
  /** Path of the group outside of which nothing needs to be told; null: everything is needed. Default null. */
  readonly cgroup?: string | null;
}

/** The events of this host from now on, with everything that is needed to make the same of them later. */
export interface LiveFeed {
  readonly origin: FeedOrigin;
  /** Why this source, in a clause for people. */
  readonly reason: string;
  /**
   * Hands over every item until `stop`; between events now and then a tick as long as `isWaiting`.
   * @returns CLOCK_MONOTONIC at the end
   * @throws CorralError NATIVE_CALL when the kernel ends the source, and what `onItem` throws
   */
  run(onItem: (item: FeedItem) => void, isWaiting: () => boolean): Promise<bigint>;
  /** As EventSource has them. */
  stillRuns(identity: ProcessIdentity): boolean | null;
  readonly mover: ExecMover | null;
  /** Makes `run` end. Idempotent. */
  stop(): Promise<void>;
}

/** How soon a loss is told, and a tick. */
const heartbeatMs = 100;

const now = (): bigint => process.hrtime.bigint();

/** The path of a group as /proc/PID/cgroup has it, of that path or of its directory; null when there is no such group. */
export function findGroup(given: string): string | null {
  const root = groupDirectory("/");
  if (root === null || !given.startsWith("/")) return null;
  const [mount, plain] = [root, given].map((text) => text.replace(/(?<=.)\/+$/, "")) as [string, string];
  const below = plain === mount || plain.startsWith(`${mount}/`) ? plain.slice(mount.length) || "/" : plain;
  return [below, plain].find((group) => groupId(group) !== null) ?? null;
}

function filterFor(cgroup: string | null): CgroupFilter | null {
  const id = cgroup === null ? null : groupId(cgroup);
  return id === null ? null : { id, subtree: true };
}

/**
 * Opens the best source, or the one that was asked for, and makes a feed of it.
 * @throws CorralError as `openTraceSource` does
 */
export async function openLiveFeed(options: LiveFeedOptions): Promise<LiveFeed> {
  const { cgroup = null, opens = false, readline = false, ...rest } = options;
  const startNs = now();
  const start = { startNs, startTime: new Date().toISOString(), startTicks: uptimeTicks() };
  const filter = filterFor(cgroup);
  const opened = await openTraceSource({ ...rest, opens, readline, details: true, cgroup: filter });
  const { source, reason, refused, unmet } = opened;
  const isFiltered = filter !== null && !unmet.some(({ wish }) => wish === "cgroup");
  const origin = {
    source: source.name,
    pollIntervalMs: source.pollIntervalMs,
    refused,
    unmet: unmet.filter(({ wish }) => wish !== "cgroup"),
    opens,
    readline,
    cgroup: isFiltered ? cgroup : null,
    host: hostname(),
    bootId: bootId(),
    ...start,
  };
  return {
    origin,
    reason,
    run: (onItem, isWaiting) => run(source, onItem, isWaiting),
    stillRuns: (identity) => source.stillRuns(identity),
    mover: source.mover,
    stop: () => source.close(),
  };
}

async function run(
  source: EventSource<TraceEvent>,
  onItem: (item: FeedItem) => void,
  isWaiting: () => boolean,
): Promise<bigint> {
  const namer = new GroupNamer();
  const tell = (item: RunningItem | TraceEvent): void => {
    const group = namer.nameFor(item.tgid, item.cgroupId);
    if (group !== null) onItem(group);
    onItem(item);
  };
  let failure: { readonly reason: unknown } | null = null;
  const loss = lossTeller(source, onItem);
  const heartbeat = setInterval(() => {
    try {
      loss();
      if (isWaiting()) onItem({ kind: "tick", timestampNs: now() });
    } catch (reason) {
      failure = { reason };
      void source.close();
    }
  }, heartbeatMs);
  try {
    // After the opening: what was forked in between is told as an event, too.
    for (const item of runningProcesses()) tell(item);
    for await (const event of source) tell(event);
    if (failure !== null) throw (failure as { readonly reason: unknown }).reason;
    loss();
    return now();
  } finally {
    clearInterval(heartbeat);
    await source.close();
  }
}

/** Tells what was lost since the last time, if anything. */
function lossTeller({ counters }: EventSource<TraceEvent>, onItem: (item: FeedItem) => void): () => void {
  const causes = Object.keys(lossCauses) as LossCause[];
  let before: Readonly<Record<LossCause, number>> | null = null;
  return () => {
    const { lost: after } = counters();
    const counts = causes.map((cause) => [cause, after[cause] - (before?.[cause] ?? 0)] as const);
    if (counts.every(([, count]) => count <= 0)) return;
    before = after;
    const lost = Object.fromEntries(counts.map(([cause, count]) => [cause, Math.max(0, count)]));
    onItem({ kind: "loss", timestampNs: now(), lost: lost as Record<LossCause, number> });
  };
}

function runningProcesses(): RunningItem[] {
  const { running, timeNs: timestampNs } = scanProcesses();
  return [...running.values()].map(({ tgid, startTicks, ppid, comm, executed }) => ({
    kind: "running",
    tgid,
    identity: { bootId: bootId(), pid: toPid(tgid), startTicks },
    ppid,
    executed,
    timestampNs,
    program: { comm, ...readDetails.program(tgid) },
    ...readDetails.owner(tgid),
  }));
}
