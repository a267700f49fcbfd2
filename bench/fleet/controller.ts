import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { controllerLimits, onlyStage } from "../../src/fleet/model/index.ts";
import type { RunningFleet } from "../../src/fleet/perform/index.ts";
import { startFleetRun } from "../../src/fleet/perform/index.ts";
import { dialAgents } from "../../src/fleet/transport/grpc/index.ts";
import type { AgentDialer } from "../../src/fleet/transport/index.ts";
import { nowMs, sleep, summarize } from "../lib/measure.ts";
import { fixed } from "../lib/print.ts";
import type { PartResult } from "./part.ts";
import { startServer, waitUntil } from "./part.ts";
import { Pings } from "./pings.ts";
import { patientTransport } from "./simulated-agents.ts";

export interface ControllerOptions {
  readonly agents: number;
  /** How long it is measured. */
  readonly seconds: number;
}

/** From when all have begun until it is measured. */
const settleMs = 3000;
const pingEveryMs = 50;

/** A thousand calls at once take their time, and the machine may be busy with other things. */
const patient = {
  ...controllerLimits,
  connectMs: 100_000,
  prepareMs: null,
  readyMs: 300_000,
  startDelayMs: 3000,
  firstReportMs: 100_000,
  silenceMs: 100_000,
  noReportMs: null,
};

interface Watched {
  reports: number;
  /** When there was most of it. */
  memory: NodeJS.MemoryUsage;
  phase: string;
  /** Phase in which there was most memory. */
  during: string;
}

/** Notes how much memory there is, if it is more than ever. */
function look(watched: Watched): void {
  const memory = process.memoryUsage();
  if (memory.rss > watched.memory.rss) [watched.memory, watched.during] = [memory, watched.phase];
}

const mb = (bytes: number): string => fixed(bytes / 1e6, 0);

function startRun(
  target: string,
  agents: number,
  dialer: AgentDialer,
  results: string,
  watched: Watched,
): RunningFleet {
  return startFleetRun({
    plan: {
      name: "bench",
      agents: Array.from({ length: agents }, (_, index) => {
        const assignment = { agentId: `agent-${index + 1}`, config: "{}", pathPrefix: "", index, count: agents };
        return { target, assignment };
      }),
      limits: patient,
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
    onEffect: (effect) => {
      if (effect.kind === "report") watched.reports += 1;
    },
  });
}

interface Measured {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly reports: number;
  readonly answersMs: readonly number[];
}

/** Measures for so long, with a look at the run every second as a terminal has it. */
async function measure(running: RunningFleet, pings: Pings, watched: Watched, seconds: number): Promise<Measured> {
  pings.answersMs.length = 0;
  const pinging = setInterval(() => pings.ask(), pingEveryMs);
  const before = { cpu: process.cpuUsage(), nowMs: nowMs(), reports: watched.reports };
  while (nowMs() - before.nowMs < seconds * 1000) {
    await sleep(1000);
    running.view();
  }
  const { user, system } = process.cpuUsage(before.cpu);
  const wallMs = nowMs() - before.nowMs;
  clearInterval(pinging);
  const reports = watched.reports - before.reports;
  await waitUntil(
    "pings are answered",
    () => pings.unanswered === 0,
    30_000,
    () => `(${pings.unanswered} are not)`,
  );
  return { cpuMs: (user + system) / 1000, wallMs, reports, answersMs: [...pings.answersMs] };
}

/** What a controller takes while its agents report every second, and how soon they answer its pings meanwhile. */
export async function measureController({ agents, seconds }: ControllerOptions): Promise<PartResult> {
  const { child, told } = await startServer("agents");
  const results = mkdtempSync(join(tmpdir(), "corral-bench-"));
  const watched: Watched = { reports: 0, memory: process.memoryUsage(), phase: "the calls", during: "" };
  const looking = setInterval(() => look(watched), 250);
  try {
    await using dialer = dialAgents({ security: { tls: null, token: null, insecure: true }, limits: patientTransport });
    const pings = new Pings(dialer);
    const [beganMs, emptyBytes] = [nowMs(), process.memoryUsage.rss()];
    const running = startRun(String(told), agents, pings.dialer, results, watched);
    const states = (): string => JSON.stringify(running.view().states);
    const begun = (): boolean => {
      const { collecting, failed } = running.view().states;
      if (failed > 0) throw new Error(`an agent failed before all had begun: ${states()}`);
      return collecting === agents;
    };
    await waitUntil("all agents report", begun, 180_000, states);
    const startMs = nowMs() - beganMs - patient.startDelayMs;
    const openBytes = process.memoryUsage.rss();
    watched.phase = "the run";
    await sleep(settleMs);
    const measured = await measure(running, pings, watched, seconds);
    child.send("over");
    watched.phase = "the end";
    const overMs = nowMs();
    const { status } = await running.ended;
    const endMs = nowMs() - overMs;
    const failure = status.agents.find((one) => one.failure !== null)?.failure;
    if (failure != null) throw new Error(`${status.why}; ${failure.cause} while ${failure.during}: ${failure.message}`);
    if (status.warnings.length > 0) throw new Error(`there were warnings: ${status.warnings[0]}`);
    return toResult(agents, measured, watched, [
      `${fixed(startMs / 1000)} s to connect, prepare and compare clocks; ${fixed(endMs / 1000)} s to end and write results`,
      `RSS before the first call ${mb(emptyBytes)} MB, once all report ${mb(openBytes)} MB`,
    ]);
  } finally {
    clearInterval(looking);
    child.disconnect();
    rmSync(results, { recursive: true });
  }
}

function toResult(
  agents: number,
  measured: Measured,
  { memory, during }: Watched,
  notes: readonly string[],
): PartResult {
  const { cpuMs, wallMs, reports, answersMs } = measured;
  const sorted = answersMs.toSorted((one, other) => one - other);
  const p99 = sorted[Math.ceil(0.99 * sorted.length) - 1] ?? Number.NaN;
  const { median } = summarize(answersMs);
  return {
    targets: [
      // On a machine that is too busy for it reports come seldomer: what one takes is what counts.
      {
        name: `controller of ${agents} agents with 4 KiB a second each, part of a core`,
        value: (cpuMs / reports) * (agents / 1000),
        limit: 0.15,
      },
      { name: "the same, most RSS from the first call to the last result, MB", value: memory.rss / 1e6, limit: 200 },
      { name: "answers to its pings meanwhile, p99 in ms", value: p99, limit: 100 },
    ],
    notes: [
      ...notes,
      `most memory during ${during}: heap ${mb(memory.heapTotal)} MB, of it used ${mb(memory.heapUsed)}, arrays ${mb(memory.arrayBuffers)}`,
      `${fixed(reports / (wallMs / 1000), 0)} reports a second, ${fixed(cpuMs / (wallMs / 1000) / 10, 1)} % of a core`,
      `${answersMs.length} pings: median ${fixed(median)} ms, longest ${fixed(sorted.at(-1) ?? Number.NaN)} ms`,
    ],
  };
}
