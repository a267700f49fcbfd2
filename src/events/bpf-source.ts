import type { BpfOptions, BpfProgram } from "../kernel/index.ts";
import { holdShortSlice, openBpfLifecycle, openBpfOpens, openBpfReadline } from "../kernel/index.ts";
import { CorralError } from "../report/index.ts";
import type { BpfPrograms } from "./bpf-reader.ts";
import { BpfReader } from "./bpf-reader.ts";
import { makeGroupTest } from "./cgroup-id.ts";
import { EventQueue } from "./event-queue.ts";
import type { EventSource } from "./event-source.ts";
import { makeSource } from "./source-stream.ts";
import type { TraceEvent } from "./trace-event.ts";

export interface BpfSourceOptions {
  /** Of the ring for lifecycle events; opens have another as large. */
  readonly ringBytes: number;
  readonly queueLimit: number;
  readonly signal: AbortSignal | null;
  readonly cgroup: { readonly id: bigint; readonly subtree: boolean } | null;
  readonly opens: boolean;
  readonly readline: boolean;
  readonly leisureMs: () => number;
}

interface OpenedBpf {
  readonly source: EventSource<TraceEvent>;
  readonly unmet: readonly { readonly wish: "opens" | "readline"; readonly reason: string }[];
}

/** Lines come one at a time. */
const readlineRingBytes = 65_536;

/** Opens what may be missing; the reason why it is. */
function attempt<P>(open: () => P): P | { readonly reason: string } {
  try {
    return open();
  } catch (thrown) {
    return { reason: CorralError.from(thrown).message };
  }
}

const opened = <R>(tried: BpfProgram<R> | { readonly reason: string } | null): BpfProgram<R> | null =>
  tried === null || "reason" in tried ? null : tried;

/** Loads and attaches; only the lifecycle programs are indispensable. */
function openPrograms(options: BpfSourceOptions): {
  readonly programs: BpfPrograms;
  readonly unmet: OpenedBpf["unmet"];
} {
  const { ringBytes, cgroup } = options;
  const forTraces: BpfOptions = { ringBytes, cgroup };
  const lifecycle = openBpfLifecycle({ ringBytes, cgroup });
  const opens = options.opens ? attempt(() => openBpfOpens(forTraces)) : null;
  const readline = options.readline ? attempt(() => openBpfReadline({ ringBytes: readlineRingBytes, cgroup })) : null;
  const missing = (wish: "opens" | "readline", tried: object | null) =>
    tried !== null && "reason" in tried ? [{ wish, reason: String(tried.reason) }] : [];
  return {
    programs: { lifecycle, opens: opened(opens), readline: opened(readline) },
    unmet: [...missing("opens", opens), ...missing("readline", readline)],
  };
}

/**
 * Events from BPF programs.
 * @throws CorralError as `openBpfLifecycle` does
 */
export function openBpfSource(options: BpfSourceOptions): OpenedBpf {
  const { queueLimit, signal, cgroup } = options;
  const { programs, unmet } = openPrograms(options);
  const queue = new EventQueue<TraceEvent>(queueLimit);
  const isMember = cgroup === null ? null : makeGroupTest(cgroup);
  const reader = new BpfReader(programs, queue, isMember, (reason) => fail(reason), options.leisureMs);
  const giveBackSlice = holdShortSlice();
  const { source, fail } = makeSource<TraceEvent>({
    name: "bpf",
    pollIntervalMs: null,
    counters: () => reader.counters(),
    queue,
    signal,
    readAll: () => reader.readAll(),
    readLast: () => reader.readLast(),
    stillRuns: (identity) => reader.stillRuns(identity),
    mover: programs.lifecycle.mover,
    stop() {
      giveBackSlice();
      reader.stop();
    },
  });
  return { source, unmet };
}
