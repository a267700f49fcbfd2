import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../src/fleet/clock/index.ts";
import { AgentHost } from "../../src/fleet/host/index.ts";
import type { LatencyCell, WorkReport } from "../../src/fleet/model/index.ts";
import { agentLimits, noTotals, onlyStage } from "../../src/fleet/model/index.ts";
import { listenForControllers } from "../../src/fleet/transport/grpc/index.ts";
import type { AgentDoor } from "../../src/fleet/transport/index.ts";
import { parseHostAddress, transportLimits } from "../../src/fleet/transport/index.ts";
import type { Work } from "../../src/fleet/work/index.ts";

/** Buckets of a report: an index step and a count of one byte each make 4 KiB. */
const buckets = 2048;

const cell: LatencyCell = {
  operation: "get",
  sizeBucket: 1,
  bytes: 4_096_000n,
  indexes: Uint16Array.from({ length: buckets }, (_, at) => at + 1),
  counts: new Uint32Array(buckets).fill(1),
};

/** What so many reports have told. */
const cellOf = (reports: number): LatencyCell => ({ ...cell, counts: new Uint32Array(buckets).fill(reports) });

/** Work that does nothing, and reports as if it did, until it is told that it is over. */
function simulatedWork(over: Promise<void>): Work {
  let [toMs, reports, beganMs] = [0, 0, 0];
  const report = (): WorkReport => {
    const fromMs = toMs;
    toMs = Math.max(fromMs, performance.now() - beganMs);
    reports += 1;
    const totals = { ...noTotals, getOperations: BigInt(buckets * reports) };
    return { totals, intervals: [{ fromMs, toMs, errors: 0n, cpu: null, cells: [cell] }] };
  };
  return {
    prepare: async () => {},
    begin: async (atNs) => {
      await sleep(Math.max(0, Number(atNs - process.hrtime.bigint()) / 1e6));
      beganMs = performance.now();
      const ended = over.then(() => {
        // The last report is made right after this.
        const figures = { wallMs: performance.now() - beganMs, cells: [cellOf(reports + 1)], prepare: null };
        return { why: null, result: "", figures };
      });
      return { atNs: process.hrtime.bigint(), ended };
    },
    report,
    cleanUp: async () => null,
  };
}

/** Of both sides: on a busy machine a thousand agents in one process may not come to answer for long. */
export const patientTransport = { ...transportLimits, strangerMs: 600_000, keepaliveMs: 600_000, closeMs: 60_000 };

/** As long as the benchmark takes. */
const patient = { ...agentLimits, firstMessageMs: 600_000, prepareMs: null, readyMs: 600_000 };

/** Agents as many as are called, behind one address. */
export async function openManyAgents(count: number, over: Promise<void>): Promise<AgentDoor> {
  const options = {
    version: "0",
    clock: systemClock(),
    limits: patient,
    makeWork: () => [{ ...onlyStage, work: simulatedWork(over) }],
    log: () => {},
  };
  const newHost = (): AgentHost => new AgentHost(options);
  const first = newHost();
  return listenForControllers(
    { accept: (stream) => newHost().accept(stream), ping: () => first.ping(), status: () => first.status() },
    {
      address: parseHostAddress("127.0.0.1:0"),
      security: { tls: null, token: null, insecure: true },
      limits: { ...patientTransport, maxConnections: count + 64 },
    },
  );
}

/** Serves agents to the parent, which is told the address and says when their work is over. */
export async function serveSimulatedAgents(count: number): Promise<void> {
  process.on("disconnect", () => process.exit());
  const over = new Promise<void>((resolve) => process.on("message", () => resolve()));
  const { address } = await openManyAgents(count, over);
  process.send?.(address);
}
