/**
 * `npm run bench -- fleet`: what a controller costs while a thousand agents report every second 4 KiB of latencies over gRPC and
 * how soon they answer its pings meanwhile, what merging a thousand agents' histograms takes, how far apart agents of one host
 * begin, and how many messages a stream carries beside one of bare @grpc/grpc-js.
 *
 *     npm run bench -- fleet [--only merge|controller|ping|skew|throughput] [--agents N] [--seconds N] [--rounds N] [--json]
 *
 * The thousand agents are simulated, all in one other process. Every part runs in a process of its own and ends, or is ended,
 * in its time. Exit status 1 when a target fails.
 */
import { parseArgs } from "node:util";
import { measureController } from "./fleet/controller.ts";
import { serveEchoes } from "./fleet/echoes.ts";
import { measureMerge } from "./fleet/merge.ts";
import type { PartResult } from "./fleet/part.ts";
import { runPart, tellResult } from "./fleet/part.ts";
import { serveSimulatedAgents } from "./fleet/simulated-agents.ts";
import { measureSkew } from "./fleet/skew.ts";
import { measureThroughput } from "./fleet/throughput.ts";
import { holds, targetLines } from "./lib/print.ts";

const { values } = parseArgs({
  options: {
    agents: { type: "string", default: "1000" },
    seconds: { type: "string", default: "20" },
    rounds: { type: "string", default: "9" },
    only: { type: "string" },
    json: { type: "boolean", default: false },
    part: { type: "string" },
    serve: { type: "string" },
  },
  strict: false,
});
const [agents, seconds, rounds] = [values["agents"], values["seconds"], values["rounds"]].map(Number) as [
  number,
  number,
  number,
];

interface Part {
  readonly measure: () => PartResult | Promise<PartResult>;
  /** How long it may take at all. */
  readonly limitMs: number;
}

const parts: Readonly<Record<string, Part>> = {
  merge: { measure: measureMerge, limitMs: 120_000 },
  controller: { measure: () => measureController({ agents, seconds }), limitMs: 300_000 + 2000 * seconds },
  skew: { measure: () => measureSkew(rounds), limitMs: 240_000 + 20_000 * rounds },
  throughput: { measure: () => measureThroughput(rounds), limitMs: 60_000 + 15_000 * rounds },
};

async function runAll(): Promise<void> {
  const only = values["only"];
  // Pings are answered while the controller works: it is one measurement.
  const wanted = only === "ping" ? "controller" : only;
  const names = Object.keys(parts).filter((name) => wanted === undefined || wanted === name);
  if (names.length === 0)
    throw new Error(`there is no part ${String(only)}: ${[...Object.keys(parts), "ping"].join(", ")}`);
  const results: PartResult[] = [];
  for (const name of names) {
    const result = await runPart(name, parts[name]?.limitMs ?? 0);
    const targets = result.targets.filter((target) => only !== "ping" || target.name.includes("ping"));
    results.push({ ...result, targets });
    if (values["json"] !== true) console.log(tellResult({ ...result, targets }));
  }
  const targets = results.flatMap((one) => one.targets);
  if (values["json"] === true)
    console.log(JSON.stringify({ targets, notes: results.flatMap(({ notes }) => notes) }, null, 2));
  else console.log(targetLines(targets));
  process.exitCode = targets.length > 0 && targets.every(holds) ? 0 : 1;
}

if (values["serve"] === "agents") await serveSimulatedAgents(agents);
else if (values["serve"] === "echoes") await serveEchoes();
else if (typeof values["part"] === "string") {
  const result = await parts[values["part"]]?.measure();
  process.send?.(result, undefined, undefined, () => process.exit());
} else await runAll();
