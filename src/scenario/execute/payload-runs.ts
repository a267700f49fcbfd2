import { CorralError } from "../../report/index.ts";
import { settlesWithin } from "../clock/index.ts";
import { readMetrics, tailOf } from "../payloads/metrics/index.ts";
import type { PayloadEnd, PayloadRecord } from "../record/index.ts";
import type { ResolvedPayloadRun } from "../resolve/index.ts";
import type { Engine } from "./engine.ts";
import { madeInTime } from "./made-in-time.ts";
import { orWarn } from "./or-warn.ts";
import type { PayloadHandle, RunState } from "./state.ts";
import { takeOut } from "./state.ts";

const sources = { backdrop: "backdrop", group: "cgroup", run_payload: "op" } as const;
const startedBy = { backdrop: "the backdrop", cgroup: "the definition of its group", op: "run_payload" } as const;

const whereOf = (cgroup: string): string => (cgroup === "" ? "where Corral is" : `in ${cgroup}`);

/** In a frozen group nothing begins. @throws CorralError USAGE */
function refuseFrozen(state: RunState, { payload, cgroup }: ResolvedPayloadRun): void {
  if (!state.isFrozen(cgroup)) return;
  throw new CorralError("USAGE", `${payload} cannot begin in ${cgroup}, which is frozen`, {
    object: cgroup,
    fix: "unfreeze_cgroup before",
  });
}

/**
 * Starts a payload in the background.
 * @throws CorralError USAGE when it runs there already or its group is frozen, COMMAND_NOT_FOUND and the like, START_FAILED when it
 * has not begun after 30 s, ABORTED or PROCESS_GONE when the run is to end
 */
export async function startPayload(engine: Engine, run: ResolvedPayloadRun): Promise<void> {
  const { state, plan, ports, book, liveness, limits } = engine;
  const payload = plan.payloads.find(({ name }) => name === run.payload);
  if (payload === undefined) throw new CorralError("INTERNAL", `there is no payload ${run.payload}`);
  const live = state.payloads.find((one) => one.payload.name === run.payload && one.cgroup === run.cgroup);
  if (live !== undefined) {
    throw new CorralError("USAGE", `${run.payload} runs ${whereOf(run.cgroup)} already`, {
      object: run.payload,
      found: `started by ${startedBy[live.source]}`,
      fix: "wait for it or kill it first, or start it in another group",
    });
  }
  const { argv, cgroup } = run;
  refuseFrozen(state, run);
  const { env, usesParentPgrp } = payload;
  const startedMs = book.nowMs();
  const program = await madeInTime(
    { clock: ports.clock, liveness, limits },
    {
      make: (signal) => ports.startProgram({ argv, env, cgroup, usesParentPgrp }, signal),
      undo: (late) => late.kill(),
      what: `the payload ${payload.name} was`,
    },
  );
  const slot = state.target;
  const handle: PayloadHandle = {
    id: state.nextPayload(),
    step: slot.step,
    payload,
    argv,
    source: sources[run.source],
    program,
    startedMs,
    cgroup,
    end: null,
  };
  slot.payloads.push(handle);
  void noteEnd(handle);
}

async function noteEnd(handle: PayloadHandle): Promise<void> {
  handle.end = await handle.program.ended;
}

/**
 * A payload that lives, by its name and group.
 * @throws CorralError USAGE when there is none: it never was, or is accounted for
 */
export function findPayload({ state }: Engine, name: string, cgroup: string): PayloadHandle {
  const found = state.payloads.find((one) => one.payload.name === name && one.cgroup === cgroup);
  if (found !== undefined) return found;
  const others = state.payloads.map((one) => `${one.payload.name} ${whereOf(one.cgroup)}`);
  throw new CorralError("USAGE", `${name} does not run ${whereOf(cgroup)}`, {
    object: name,
    found: others.length === 0 ? "no payload" : others.join(", "),
    fix: "start it first; a payload that was waited for or killed is over",
  });
}

/**
 * Waits for a payload; one that takes longer is killed.
 * @param nominalMs on a machine of nominal speed; null: for ever
 * @throws the signal's reason
 */
export async function waitForPayload(engine: Engine, handle: PayloadHandle, nominalMs: number | null): Promise<void> {
  const { ended } = handle.program;
  const timeoutMs = nominalMs === null ? null : nominalMs * engine.dilation;
  const inTime = await engine.liveness.unlessAborted(
    timeoutMs === null
      ? ended.then(() => true)
      : settlesWithin(engine.ports.clock, ended, timeoutMs, engine.liveness.over),
  );
  if (inTime) return account(engine, handle, await ended);
  handle.program.kill();
  await awaitKilled(engine, handle);
  account(engine, handle, { kind: "timed-out" });
}

async function awaitKilled({ ports, book, limits }: Engine, { program, payload }: PayloadHandle): Promise<void> {
  const { killWaitMs } = limits;
  if (!(await settlesWithin(ports.clock, program.ended, killWaitMs)))
    book.warn(`the payload ${payload.name} did not end within ${killWaitMs} ms after it was killed`);
}

/** Kills a payload with all of its process group, and keeps what it printed. One that had ended by itself says so. */
export async function killPayload(engine: Engine, handle: PayloadHandle): Promise<void> {
  const before = handle.end;
  handle.program.kill();
  await awaitKilled(engine, handle);
  account(engine, handle, before ?? { kind: "killed" });
}

/** Kills payloads, the last started first. One that cannot be killed is a warning. */
export async function killPayloads(engine: Engine, handles: readonly PayloadHandle[]): Promise<void> {
  for (const handle of handles.toSorted((a, b) => b.id - a.id)) {
    const failed = `the payload ${handle.payload.name} could not be killed`;
    await orWarn(engine.book, failed, () => killPayload(engine, handle));
  }
}

function account({ state, book }: Engine, handle: PayloadHandle, end: PayloadEnd): void {
  for (const slot of state.slots) takeOut(slot.payloads, handle);
  const { stdout, stderr, cut } = handle.program.output();
  const { metrics, problems } = readMetrics(handle.payload, { stdout, stderr });
  const record: PayloadRecord = {
    id: handle.id,
    payload: handle.payload.name,
    cgroup: handle.cgroup,
    source: handle.source,
    step: handle.step,
    argv: handle.argv,
    pid: handle.program.pid,
    startedMs: handle.startedMs,
    endedMs: book.nowMs(),
    end,
    metrics,
    problems: [...problems, ...(cut ? ["its output was longer than is kept"] : [])],
    stdoutTail: tailOf(stdout),
    stderrTail: tailOf(stderr),
  };
  book.payloads.push(record);
}
