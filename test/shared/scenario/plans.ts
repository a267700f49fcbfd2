import { opKinds } from "../../../src/scenario/model/index.ts";
import type {
  ResolvedGroup,
  ResolvedOp,
  ResolvedScenario,
  ResolvedStep,
  ResolvedWork,
} from "../../../src/scenario/resolve/index.ts";

type OpOf<K extends ResolvedOp["kind"]> = Omit<Extract<ResolvedOp, { readonly kind: K }>, "index">;
/** An op without its place. */
export type OpWish = { [K in ResolvedOp["kind"]]: OpOf<K> }[ResolvedOp["kind"]];

export const work = (given: Partial<ResolvedWork> = {}): ResolvedWork => ({
  index: 0,
  workType: "SpinWait",
  parameters: {},
  phases: [],
  custom: null,
  workers: 1,
  perCpu: null,
  groupSize: 1,
  resources: { kind: "none" },
  intent: "inherit",
  affinity: { kind: "inherit" },
  scheduling: null,
  memoryPolicy: null,
  nice: null,
  comm: null,
  pcomm: null,
  uid: null,
  gid: null,
  numaNode: null,
  ...given,
});

/** A group with one worker; `works: []` for an empty one. */
export const group = (name: string, given: Partial<ResolvedGroup> = {}): ResolvedGroup => ({
  name,
  cpuset: null,
  cpusetMems: null,
  effectiveCpus: null,
  limits: {},
  controllers: [],
  works: [work()],
  payload: null,
  ...given,
});

/** A group that may use these CPUs. */
export const cpusOf = (cpus: readonly number[]): Pick<ResolvedGroup, "cpuset" | "limits"> => ({
  cpuset: { spec: { exact: cpus }, cpus },
  limits: { cpusetCpus: cpus.join(",") },
});

export const empty = (name: string): ResolvedGroup => group(name, { works: [] });

export interface StepWish {
  readonly setup?: readonly ResolvedGroup[];
  readonly ops?: readonly OpWish[];
  readonly settleMs?: number;
  /** Default 50 ms. */
  readonly holdMs?: number;
  /** A loop instead of a hold. */
  readonly intervalMs?: number;
  /** When it must be over; default: the scenario's duration. */
  readonly deadlineMs?: number;
}

const numbered = (ops: readonly OpWish[]): readonly ResolvedOp[] => ops.map((op, index) => ({ ...op, index }));

function stepOf(wish: StepWish, index: number, durationMs: number): ResolvedStep {
  const ops = numbered(wish.ops ?? []);
  const holdMs = wish.holdMs ?? 50;
  const spec = { fixed: `${holdMs}ms` } as const;
  return {
    index,
    phase: index + 1,
    label: `Step[${index}]`,
    ops,
    setup: wish.setup ?? [],
    settleMs: wish.settleMs ?? 0,
    hold:
      wish.intervalMs === undefined
        ? { kind: "once", spec, wantedMs: holdMs, plannedMs: holdMs }
        : { kind: "loop", spec, intervalMs: wish.intervalMs, plannedMs: 0 },
    startMs: 0,
    deadlineMs: wish.deadlineMs ?? durationMs,
    opMask: ops.reduce((mask, { kind }) => (mask | (1 << opKinds.indexOf(kind))) >>> 0, 0),
  };
}

/** A plan of these steps. @param given the rest, else nothing; the duration is a minute */
export function plan(
  steps: readonly StepWish[],
  given: Partial<Omit<ResolvedScenario, "steps">> & { readonly backdropOps?: readonly OpWish[] } = {},
): ResolvedScenario {
  const { backdropOps = [], backdrop, ...rest } = given;
  const durationMs = given.durationMs ?? 60_000;
  return {
    name: "test",
    about: null,
    topology: {
      source: "test",
      cpus: [0, 1],
      usable: [0, 1],
      llcs: [[0, 1]],
      cores: [[0], [1]],
      nodes: [{ id: 0, cpus: [0, 1] }],
    },
    durationMs,
    controllers: [],
    scheduler: null,
    payloads: [],
    backdrop: backdrop ?? { groups: [], ops: numbered(backdropOps), payloads: [], settleMs: 0 },
    checks: null,
    expect: [],
    plannedMs: durationMs,
    warnings: [],
    ...rest,
    steps: steps.map((wish, index) => stepOf(wish, index, durationMs)),
  };
}

/** A backdrop of groups. */
export const backdropOf = (groups: readonly ResolvedGroup[], settleMs = 0): ResolvedScenario["backdrop"] => ({
  groups,
  ops: [],
  payloads: [],
  settleMs,
});

export const payload = (name: string, command: readonly string[] = [name]): ResolvedScenario["payloads"][number] => ({
  name,
  command,
  output: "exit_code",
  metrics: [],
  checks: [],
  knownFlags: null,
  includeFiles: [],
  env: {},
  usesParentPgrp: false,
});

export const runOf = (name: string, cgroup = "", command: readonly string[] = [name]) =>
  ({ payload: name, argv: command, cgroup, source: "run_payload" }) as const;
