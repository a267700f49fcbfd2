import type { LifecycleEvent } from "../../src/events/index.ts";
import { toPid } from "../../src/kernel/index.ts";
import { PolicyEngine } from "../../src/policy/engine/index.ts";
import type { RuleSource } from "../../src/policy/rules/index.ts";
import { rulesOf } from "../../src/policy/rules/index.ts";

/** What the engine costs for each event, early and late in a long run. */
export interface EngineCost {
  readonly events: number;
  readonly firstUs: number;
  readonly lastUs: number;
  /** Growth of resident memory from the first tenth of the events to the last. */
  readonly grownMib: number;
  readonly tracked: number;
  readonly deadlines: number;
}

const bootId = "bench";
/** Processes that live at a time. */
const living = 2000;
const gapNs = 50_000n;
const batch = 10_000;

/** The life of a process: fork, exec, exit, with others in between. */
function eventAt(index: number): LifecycleEvent {
  const life = Math.floor(index / 3);
  const kind = (["fork", "exec", "exit"] as const)[index % 3] ?? "fork";
  const born = kind === "exit" ? life - living : life;
  const pid = toPid((Math.max(0, born) % 30_000) + 100);
  const base = {
    tgid: pid,
    identity: { bootId, pid, startTicks: Math.max(0, born) + 1 },
    ppid: 1,
    uid: 0,
    cgroupId: null,
    timestampNs: BigInt(index) * gapNs,
    source: "bpf" as const,
    reconciled: false,
  };
  if (kind === "exec")
    return {
      ...base,
      kind,
      comm: "worker",
      filename: null,
      exe: "/bin/worker",
      argv: ["worker"],
      argvTruncated: false,
    };
  return kind === "fork" ? { ...base, kind } : { ...base, kind, status: 0, code: 0, signal: null, coreDumped: false };
}

const rssMib = (): number => process.memoryUsage.rss() / 2 ** 20;

/** Feeds events to an engine of the classic policy, whose every exec has a deadline. */
export function measureEngine(events: number): EngineCost {
  const source: RuleSource = { kind: "classic", delayNs: 10_000_000_000n, dryRun: false };
  const engine = new PolicyEngine({
    ...{ rules: rulesOf(source), runId: "bench", bootId, seed: 1, startNs: 0n, wallOffsetNs: 0n },
    decide: () => {},
  });
  const lookedUp = { groups: ["/g"], memoryGroup: "/g", cwd: null };
  const tenth = Math.floor(events / 10);
  const feed = (from: number, to: number): number => {
    let tookNs = 0n;
    for (let at = from; at < to; at += batch) {
      // Making them is not what is measured.
      const made = Array.from({ length: Math.min(batch, to - at) }, (_, index) => eventAt(at + index));
      const beganNs = process.hrtime.bigint();
      for (const event of made) {
        const { timestampNs: nowNs } = event;
        engine.apply({ kind: "event", event, lookedUp: event.kind === "exec" ? lookedUp : null, nowNs });
        const earliestNs = engine.earliestNs();
        if (earliestNs !== null && earliestNs <= nowNs) engine.apply({ kind: "tick", untilNs: nowNs, nowNs });
      }
      tookNs += process.hrtime.bigint() - beganNs;
    }
    return Number(tookNs) / 1000 / (to - from);
  };
  // Until the code is compiled and the table of processes full.
  feed(0, tenth);
  const firstUs = feed(tenth, 2 * tenth);
  const before = rssMib();
  feed(2 * tenth, events - tenth);
  const lastUs = feed(events - tenth, events);
  const { tracked, deadlines } = engine.size();
  return { events, firstUs, lastUs, grownMib: rssMib() - before, tracked, deadlines };
}
