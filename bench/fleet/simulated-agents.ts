import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "../../src/fleet/clock/index.ts";
import { AgentHost } from "../../src/fleet/host/index.ts";
import type { LatencyCell, WorkReport } from "../../src/fleet/model/index.ts";
import { agentLimits, noTotals, onlyStage } from "../../src/fleet/model/index.ts";
import { listenForControllers } from "../../src/fleet/transport/grpc/index.ts";
import { parseHostAddress, transportLimits } from "../../src/fleet/transport/index.ts";
import type { Work } from "../../src/fleet/work/index.ts";

/** Buckets of a report: an index step and a count of one byte each make 4 KiB. */
const buckets = 2048;

const cell: LatencyCell = {
  operation: "get",
  sizeBucket: 1,
  bytes: 4_096_000n,
  indexes: Array.from({ length: buckets }, (_, at) => at + 1),
  counts: Array.from({ length: buckets }, () => 1),
};

/** Work that does nothing and reports as if it did. */
function simulatedWork(seconds: number): Work {
  let [toMs, operations] = [0, 0n];
  const report = (): WorkReport => {
    const fromMs = toMs;
    toMs += 1000;
    operations += BigInt(buckets);
    const totals = { ...noTotals, getOperations: operations };
    return { totals, intervals: [{ fromMs, toMs, errors: 0n, cpu: null, cells: [cell] }] };
  };
  return {
    prepare: async () => {},
    begin: async (atNs) => {
      await sleep(Math.max(0, Number(atNs - process.hrtime.bigint()) / 1e6));
      const figures = { wallMs: seconds * 1000, cells: [cell], prepare: null };
      const ended = sleep(seconds * 1000).then(() => ({ why: null, result: "", figures }));
      return { atNs: process.hrtime.bigint(), ended };
    },
    report,
    cleanUp: async () => null,
  };
}

/** Agents as many as are called, behind one address, which the parent is told. */
export async function serveSimulatedAgents(count: number, seconds: number): Promise<void> {
  const clock = systemClock();
  const options = {
    version: "0",
    clock,
    limits: { ...agentLimits, prepareMs: null },
    makeWork: () => [{ ...onlyStage, work: simulatedWork(seconds) }],
    log: () => {},
  };
  const newHost = (): AgentHost => new AgentHost(options);
  const first = newHost();
  const door = await listenForControllers(
    { accept: (stream) => newHost().accept(stream), ping: () => first.ping(), status: () => first.status() },
    {
      address: parseHostAddress("127.0.0.1:0"),
      security: { tls: null, token: null, insecure: true },
      limits: { ...transportLimits, maxConnections: count + 64, strangerMs: 120_000 },
    },
  );
  process.send?.(door.address);
  process.on("disconnect", () => process.exit());
}
