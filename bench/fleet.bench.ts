/**
 * `npm run bench -- fleet`: what a controller costs while a thousand agents report every second 4 KiB of latencies over gRPC,
 * and what merging a thousand agents' histograms takes.
 *
 *     npm run bench -- fleet [--agents N] [--seconds N] [--only merge|controller] [--json]
 *
 * The agents are simulated, all in one other process. Exit status 1 when a target fails.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { LatencyTable } from "../src/fleet/latencies/index.ts";
import { controllerLimits, onlyStage, operations, sizeBuckets } from "../src/fleet/model/index.ts";
import { startFleetRun } from "../src/fleet/perform/index.ts";
import { dialAgents } from "../src/fleet/transport/grpc/index.ts";
import { transportLimits } from "../src/fleet/transport/index.ts";
import { serveSimulatedAgents } from "./fleet/simulated-agents.ts";
import { nowMs, sleep } from "./lib/measure.ts";
import type { Target } from "./lib/print.ts";
import { holds, targetLines } from "./lib/print.ts";

const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "1000" },
    seconds: { type: "string", default: "30" },
    only: { type: "string" },
    json: { type: "boolean", default: false },
    serve: { type: "boolean", default: false },
  },
  strict: false,
});
const wants = (part: string): boolean => values["only"] === undefined || values["only"] === part;
const [agents, seconds] = [Number(values["agents"]), Number(values["seconds"])];
/** Of the run's beginning and end nothing is measured. */
const marginMs = 5000;

/** Merges a thousand agents' histograms of all kinds and sizes, some 300 buckets each. */
function measureMerge(): Target {
  const table = new LatencyTable();
  for (const operation of operations)
    for (const { mostBytes } of sizeBuckets)
      for (let at = 0; at < 400; at += 1)
        table.record(operation, Math.min(mostBytes, 2 ** 32), Math.round(100 + 900 * Math.random()));
  const cells = table.toCells();
  const beganMs = nowMs();
  const merged = new LatencyTable();
  for (let agent = 0; agent < 1000; agent += 1) merged.merge(LatencyTable.of(cells));
  const tookMs = nowMs() - beganMs;
  if (merged.sum().latencies.count !== 1000 * 27 * 400) throw new Error("something was lost");
  return { name: "merge of 1,000 agents with 27 histograms each, seconds", value: tookMs / 1000, limit: 1 };
}

const rssBytes = (): number => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync("/proc/self/status", "latin1"))?.[1]) * 1024;

async function measureController(): Promise<readonly Target[]> {
  const child = fork(process.argv[1] ?? "", ["--serve", "--agents", String(agents), "--seconds", String(seconds)]);
  const [target] = (await once(child, "message")) as [string];
  const results = mkdtempSync(join(tmpdir(), "corral-bench-"));
  await using dialer = dialAgents({ security: { tls: null, token: null, insecure: true }, limits: transportLimits });
  const running = startFleetRun({
    plan: {
      name: "bench",
      agents: Array.from({ length: agents }, (_, index) => {
        const assignment = { agentId: `agent-${index + 1}`, config: "{}", pathPrefix: "", index, count: agents };
        return { target, assignment };
      }),
      // A thousand calls at once take their time.
      limits: { ...controllerLimits, connectMs: 60_000, prepareMs: null },
      minAgents: 1,
      thresholds: [],
      stages: [onlyStage],
      isStaged: false,
    },
    dialer,
    results,
    configPath: null,
    configText: "",
    commandLine: [],
    version: "bench",
    onEffect: () => {},
  });
  while (running.view().states.collecting < agents) {
    if (running.view().states.failed > 0) throw new Error("an agent failed before all had begun");
    await sleep(200);
  }
  const before = { cpu: process.cpuUsage(), nowMs: nowMs() };
  let mostBytes = 0;
  while (nowMs() - before.nowMs < seconds * 1000 - 2 * marginMs) {
    await sleep(1000);
    mostBytes = Math.max(mostBytes, rssBytes());
  }
  const { user, system } = process.cpuUsage(before.cpu);
  const share = (user + system) / 1000 / (nowMs() - before.nowMs);
  const { status } = await running.ended;
  child.disconnect();
  rmSync(results, { recursive: true });
  if (status.agents_completed !== agents) throw new Error(`${status.agents_completed} of ${agents} agents completed`);
  return [
    { name: `controller of ${agents} agents with 4 KiB a second each, part of a core`, value: share, limit: 0.15 },
    { name: "the same, RSS in MB", value: mostBytes / 1e6, limit: 200 },
  ];
}

if (values["serve"] === true) await serveSimulatedAgents(agents, seconds);
else {
  const targets = [
    ...(wants("merge") ? [measureMerge()] : []),
    ...(wants("controller") ? await measureController() : []),
  ];
  console.log(values["json"] === true ? JSON.stringify({ targets }, null, 2) : targetLines(targets));
  process.exitCode = targets.every(holds) ? 0 : 1;
}
