import { dilationNotes, givenDilation, measureDilation, unknownDilation } from "../dilation/index.ts";
import type { Scenario } from "../model/index.ts";
import type { Dilation, RunRecord, RunWhere } from "../record/index.ts";
import type { ResolvedScenario } from "../resolve/index.ts";
import type { Topology } from "../topology/index.ts";
import type { RunBook } from "./book.ts";
import { drive } from "./drive.ts";
import type { RunEvent } from "./events.ts";
import { hostPorts } from "./host/host-ports.ts";
import { hostRecord } from "./host/host-record.ts";
import { hostScheduler } from "./host/host-scheduler.ts";
import { removeScratch } from "./host/leftovers.ts";
import { ScenarioMark, stamp } from "./host/scenario-record.ts";
import { superviseProcess } from "./host/supervise.ts";
import { limitsAt } from "./limits.ts";

export interface RunOptions {
  /** What was written. */
  readonly scenario: Scenario;
  /** Its file; null: a program made it. */
  readonly file: string | null;
  /** `StateDirectories.runtime`: the run is on record there, so that `corral gc` can clear up after a killed Corral. */
  readonly runtime: string;
  readonly where?: RunWhere;
  /** Place among repeats, from 0. Default 0. */
  readonly repeat?: number;
  /** Factor by which time is slower than on a machine of nominal speed, for workers and for set-up. Default: it is measured, in some 20 ms. */
  readonly dilation?: number;
  /** That paths of modules count from. Default: the working directory. */
  readonly directory?: string;
  /** Whether run queues are looked at (`asksMonitor`). Default: not. */
  readonly monitor?: boolean;
  /** As `--cgroup-parent`. Default: where a job's group would be made. */
  readonly cgroupParent?: string | null;
  /** Processes whose end ends the run. Default none. */
  readonly supervise?: readonly number[];
  /** Ends the run: everything is taken down and what is known is kept. */
  readonly signal?: AbortSignal | null;
  readonly onEvent?: (event: RunEvent) => void;
}

/**
 * Runs a settled scenario on this host. What goes wrong once it has begun is in the record, and nothing of it is left.
 * @throws CorralError before it has begun: SCENARIO_HOST, CGROUP_IO, CGROUP_PARENT, SCHEDULER_UNAVAILABLE, START_FAILED, PROCESS_GONE,
 * STATE_UNWRITABLE, NATIVE_MISSING
 */
export async function runScenario(plan: ResolvedScenario, options: RunOptions): Promise<RunRecord> {
  const supervised = (options.supervise ?? []).map((pid) => superviseProcess(pid));
  const mark = ScenarioMark.claim(options.runtime, new Date().toISOString());
  const notes: string[] = [];
  try {
    const { signal = null, onEvent = () => {} } = options;
    const dilation =
      options.dilation === undefined
        ? await measureDilation(plan.topology.cpus.length, signal)
        : givenDilation(options.dilation);
    const ports = hostPorts(mark, {
      cgroupParent: options.cgroupParent ?? null,
      limits: limitsAt(dilation.setupFactor),
      onNote: (note) => notes.push(note),
      scheduler: hostScheduler,
    });
    const { directory = process.cwd(), monitor = false } = options;
    const { setupFactor } = dilation;
    const book = await drive(plan, ports, { supervised, signal, dilation: setupFactor, directory, monitor, onEvent });
    return recordOf(plan, options, { book, notes, dilation, runId: mark.record.run_id });
  } finally {
    for (const one of supervised) one.release();
    removeScratch(mark.record.scratch);
    // What could not be removed stays on record.
    if (mark.record.groups.length === 0 && mark.record.planned_groups.length === 0) mark.forget();
  }
}

/** The record of a run that the host has too little for: nothing was done. @param why completes "skipped: …" */
export function skippedRecord(options: RunOptions, topology: Topology, why: string): RunRecord {
  const time = new Date().toISOString();
  const dilation = options.dilation === undefined ? unknownDilation : givenDilation(options.dilation);
  const nothing = { phases: [], ops: [], groups: [], works: [], payloads: [], ended: [], stalled: [], monitor: [] };
  return {
    scenario: options.scenario,
    file: options.file,
    runId: `${stamp(time)}-0`,
    where: options.where ?? "host",
    repeat: options.repeat ?? 0,
    startTime: time,
    durationMs: 0,
    cleanupMs: 0,
    host: hostRecord(topology, dilation.factor, null),
    dilation: { ...dilation, limitsMs: limitsAt(dilation.setupFactor), uncountedMs: 0 },
    controllers: [],
    skipped: why,
    ...nothing,
    failures: [],
    warnings: [],
    notes: [],
  };
}

interface Outcome {
  readonly book: RunBook;
  readonly notes: readonly string[];
  readonly dilation: Dilation;
  readonly runId: string;
}

const byId = (a: { readonly id: number }, b: { readonly id: number }): number => a.id - b.id;

function recordOf(plan: ResolvedScenario, options: RunOptions, { book, notes, dilation, runId }: Outcome): RunRecord {
  const slowed = { ...dilation, limitsMs: limitsAt(dilation.setupFactor), uncountedMs: book.uncountedMs };
  return {
    scenario: options.scenario,
    file: options.file,
    runId,
    where: options.where ?? "host",
    repeat: options.repeat ?? 0,
    startTime: book.startTime,
    durationMs: book.nowMs(),
    cleanupMs: book.cleanupMs,
    host: hostRecord(plan.topology, dilation.factor, plan.scheduler?.name ?? null),
    dilation: slowed,
    controllers: plan.controllers,
    skipped: null,
    phases: book.phases,
    ops: book.ops,
    groups: book.groups,
    works: book.works.toSorted(byId),
    payloads: book.payloads.toSorted(byId),
    ended: book.ended,
    stalled: book.stalled,
    monitor: book.monitor,
    failures: book.failures,
    warnings: [...plan.warnings.map(({ where, message }) => `${where}: ${message}`), ...book.warnings],
    notes: [...dilationNotes(slowed), ...book.notes, ...notes],
  };
}
