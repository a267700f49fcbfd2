import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { controllerLimits, onlyStage } from "../../src/fleet/model/index.ts";
import { startFleetRun } from "../../src/fleet/perform/index.ts";
import type { FleetStatus } from "../../src/fleet/results/index.ts";
import { dialAgents } from "../../src/fleet/transport/grpc/index.ts";
import type { AgentDialer } from "../../src/fleet/transport/index.ts";
import { transportLimits } from "../../src/fleet/transport/index.ts";
import { packageRoot } from "../../src/kernel/index.ts";
import { compile } from "../lib/compile.ts";
import { makeParent } from "../lib/group-parent.ts";
import { summarize } from "../lib/measure.ts";
import { fixed } from "../lib/print.ts";
import { plainEnvironment } from "../run/settings.ts";
import type { PartResult } from "./part.ts";
import { waitUntil } from "./part.ts";

const agents = 8;
/** From the order to the moment, of both. */
const aheadMs = 2000;

interface Agent {
  readonly address: string;
  readonly end: () => Promise<void>;
}

async function startAgent(env: NodeJS.ProcessEnv): Promise<Agent> {
  const words = ["agent", "--listen", "127.0.0.1:0", "--insecure", "--allow-all", "--quiet"];
  const child = spawn(process.execPath, [join(packageRoot(), "dist/corral.cjs"), ...words], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  const address = (): string | undefined => /^listening on (\S+)$/m.exec(out)?.[1];
  await waitUntil("an agent listens", () => address() !== undefined || child.exitCode !== null, 60_000);
  const end = async (): Promise<void> => {
    child.kill("SIGTERM");
    await ended;
  };
  return { address: address() ?? "", end };
}

/** When each agent began, in microseconds from the moment that was meant: all of them have the same clock. */
function beganUs({ outcome, why, agents: told }: FleetStatus): readonly number[] {
  if (outcome !== "completed") throw new Error(`the run is ${outcome}: ${why}`);
  return told.map(({ start_late_us: late, clock_offset_ms: offset }) => {
    if (late === null || offset === null) throw new Error("an agent has not told when it began");
    // What the controller took for an offset has put it off so much.
    return late + offset * 1000;
  });
}

const spreadOf = (values: readonly number[]): number => Math.max(...values) - Math.min(...values);

async function runFleet(dialer: AgentDialer, targets: readonly string[], results: string): Promise<FleetStatus> {
  const config = JSON.stringify({ command: ["/bin/true"] });
  const { ended } = startFleetRun({
    plan: {
      name: "skew",
      agents: targets.map((target, index) => {
        const assignment = { agentId: `agent-${index + 1}`, config, pathPrefix: "", index, count: targets.length };
        return { target, assignment };
      }),
      limits: { ...controllerLimits, connectMs: 30_000, firstReportMs: 30_000, startDelayMs: aheadMs },
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
  return (await ended).status;
}

const told = (name: string, values: readonly number[]): string => {
  const { median, p10, p90 } = summarize(values);
  return `${name}: median ${fixed(median, 0)} µs (${fixed(p10, 0)}–${fixed(p90, 0)})`;
};

/** How far apart agents of this host begin, beside processes that sleep until the same moment. */
export async function measureSkew(rounds: number): Promise<PartResult> {
  const scratch = mkdtempSync(join(tmpdir(), "corral-bench-"));
  const parent = makeParent();
  const env = {
    ...Object.fromEntries(plainEnvironment().map((entry) => entry.split(/=(.*)/s, 2))),
    CORRAL_STATE_DIR: join(scratch, "state"),
    CORRAL_CGROUP_PARENT: parent.argument,
  };
  const running: Agent[] = [];
  const takeAway = async (): Promise<void> => {
    await Promise.all(running.map(({ end }) => end()));
    await parent.remove();
    rmSync(scratch, { recursive: true, force: true });
  };
  process.once("SIGTERM", () => void takeAway().then(() => process.exit(1)));
  try {
    running.push(...(await Promise.all(Array.from({ length: agents }, () => startAgent(env)))));
    return await measure(
      rounds,
      running.map(({ address }) => address),
      scratch,
    );
  } finally {
    await takeAway();
  }
}

async function measure(rounds: number, targets: readonly string[], scratch: string): Promise<PartResult> {
  const program = compile("fleet/together", scratch);
  const run = promisify(execFile);
  await using dialer = dialAgents({ security: { tls: null, token: null, insecure: true }, limits: transportLimits });
  const spreads: { readonly plain: number[]; readonly ours: number[]; readonly clocks: number[] } = {
    ...{ plain: [], ours: [], clocks: [] },
  };
  // The first round warms both, and is dropped.
  for (let round = -1; round < rounds; round += 1) {
    const { stdout } = await run(program, [String(agents), String(aheadMs)]);
    const status = await runFleet(dialer, targets, join(scratch, "results"));
    if (round < 0) continue;
    spreads.plain.push(Number(stdout) / 1000);
    spreads.ours.push(spreadOf(beganUs(status)));
    spreads.clocks.push(spreadOf(status.agents.map(({ clock_offset_ms: offset }) => (offset ?? 0) * 1000)));
  }
  const [plain, ours] = [summarize(spreads.plain).median, summarize(spreads.ours).median];
  return {
    targets: [
      {
        name: "spread of the starts of 8 agents ÷ that of 8 C processes that sleep until one moment",
        value: ours / plain,
        limit: 2,
      },
    ],
    notes: [
      told("agents", spreads.ours),
      told("C processes", spreads.plain),
      told("of the agents' what their clocks were taken to differ", spreads.clocks),
    ],
  };
}
