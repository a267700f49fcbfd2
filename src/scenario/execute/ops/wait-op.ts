import { controlNumber, parseFlatKeyed } from "../../../cgroup/index.ts";
import { CorralError } from "../../../report/index.ts";
import type { EventCounter } from "../../model/index.ts";
import { describeCondition } from "../../plan/index.ts";
import type { ResolvedCondition, ResolvedOp } from "../../resolve/index.ts";
import type { Engine } from "../engine.ts";

/** Nothing announces that a figure has changed: it is read so often. */
export const metricPollMs = 50;

type Condition<K extends ResolvedCondition["kind"]> = Extract<ResolvedCondition, { readonly kind: K }>;

/** File and key of a counter. */
function counterPlace(counter: EventCounter): {
  readonly use: "memory" | "pids";
  readonly file: string;
  readonly key: string;
} {
  const [family = "", key = ""] = counter.split(".");
  if (family === "pids") return { use: "pids", file: "pids.events", key };
  return { use: "memory", file: family === "swap" ? "memory.swap.events" : "memory.events", key };
}

function countOf({ ports }: Engine, { cgroup, counter }: Condition<"events">): number {
  const { use, file, key } = counterPlace(counter);
  return parseFlatKeyed(ports.files.read(cgroup, use, file)).get(key) ?? 0;
}

/** Keeps what counters stand at before ops are done, for waits that count from there. A group that is yet to be made has 0. */
export function keepCounts(engine: Engine, ops: readonly ResolvedOp[]): void {
  const { state } = engine;
  for (const op of ops) {
    if (op.kind !== "wait" || op.condition.kind !== "events" || op.condition.since !== "step") continue;
    state.counted.set(op.condition, state.slotOf(op.condition.cgroup) === null ? 0 : countOf(engine, op.condition));
  }
}

function stateHolds({ ports }: Engine, { cgroup, is }: Condition<"state">): boolean {
  const events = parseFlatKeyed(ports.files.read(cgroup, "unified", "cgroup.events"));
  if (is === "frozen" || is === "thawed") return (events.get("frozen") === 1) === (is === "frozen");
  return (events.get("populated") === 1) === (is === "populated");
}

function metricOf({ ports, state }: Engine, { cgroup, metric }: Condition<"metric">): number | null {
  const { files } = ports;
  const read = (use: "memory" | "pids", file: string): number | null => controlNumber(files.read(cgroup, use, file));
  switch (metric) {
    case "memory_current_bytes":
      return read("memory", "memory.current");
    case "swap_current_bytes":
      return read("memory", "memory.swap.current");
    case "pids_current":
      return read("pids", "pids.current");
    case "cpu_usage_sec":
      return (parseFlatKeyed(files.read(cgroup, "unified", "cpu.stat")).get("usage_usec") ?? 0) / 1e6;
    case "iterations":
      return state.worksIn(cgroup).reduce((sum, { set }) => sum + total(set.sample()), 0);
  }
}

const total = (samples: readonly { readonly iterations: number }[]): number =>
  samples.reduce((sum, { iterations }) => sum + iterations, 0);

function metricHolds(engine: Engine, condition: Condition<"metric">): boolean {
  const value = metricOf(engine, condition);
  if (value === null) return false;
  return (
    (condition.atLeast === null || value >= condition.atLeast) &&
    (condition.atMost === null || value <= condition.atMost)
  );
}

/** Resolves when `holds` does, asked now and after every change of a file. */
function onChange(
  engine: Engine,
  cgroup: string,
  file: readonly ["memory" | "pids" | "unified", string],
  holds: () => boolean,
) {
  let stop = (): void => {};
  const held = new Promise<void>((resolve, reject) => {
    const look = (): void => {
      try {
        if (holds()) resolve();
      } catch (thrown) {
        reject(thrown);
      }
    };
    stop = engine.ports.files.watch(cgroup, ...file, look);
    look();
  });
  return { held, stop };
}

async function untilMetric(engine: Engine, condition: Condition<"metric">, over: AbortSignal): Promise<void> {
  while (!metricHolds(engine, condition) && !over.aborted) await engine.ports.clock.sleep(metricPollMs, over);
}

function begin(engine: Engine, condition: ResolvedCondition, over: AbortSignal) {
  const noStop = (): void => {};
  switch (condition.kind) {
    case "pressure":
      return { held: engine.ports.pressure(condition, over), stop: noStop };
    case "metric":
      return { held: untilMetric(engine, condition, over), stop: noStop };
    case "state":
      return onChange(engine, condition.cgroup, ["unified", "cgroup.events"], () => stateHolds(engine, condition));
    case "events": {
      const { cgroup, by, since } = condition;
      const { use, file } = counterPlace(condition.counter);
      const before = since === "step" ? (engine.state.counted.get(condition) ?? 0) : countOf(engine, condition);
      return onChange(engine, cgroup, [use, file], () => countOf(engine, condition) - before >= by);
    }
  }
}

const timeoutText = (nominalMs: number, { dilation }: Engine): string =>
  dilation === 1
    ? `${nominalMs} ms`
    : `${Math.round(nominalMs * dilation)} ms (${nominalMs} ms, for time is slower here)`;

/**
 * @param nominalMs how long it may take on a machine of nominal speed
 * @throws CorralError WAIT_TIMEOUT when the condition does not hold in time, ABORTED when the run is to end meanwhile
 */
export async function waitFor(engine: Engine, condition: ResolvedCondition, nominalMs: number): Promise<void> {
  const timeoutMs = nominalMs * engine.dilation;
  const over = new AbortController();
  const { held, stop } = begin(engine, condition, over.signal);
  const late = engine.ports.clock.sleep(timeoutMs, over.signal).then(() => "late" as const);
  try {
    const first = await engine.liveness.unlessAborted(Promise.race([held.then(() => "held" as const), late]));
    if (first === "held") return;
    throw new CorralError(
      "WAIT_TIMEOUT",
      `it did not come true within ${timeoutText(nominalMs, engine)} that ${describeCondition(condition)}`,
      {
        object: "cgroup" in condition ? (condition.cgroup ?? "host") : "host",
        fix: "raise the timeout, or see why it does not",
      },
    );
  } finally {
    stop();
    over.abort();
    held.catch(() => {});
  }
}
