import { basename, dirname, resolve } from "node:path";
import { stringify } from "yaml";
import type { FleetFile, FleetPlan } from "../fleet/config/index.ts";
import { hasWork, parseFleetFile, planFleet } from "../fleet/config/index.ts";
import type { LiveView } from "../fleet/live/index.ts";
import { fleetMetricFamilies } from "../fleet/live/index.ts";
import type { FleetRunEnd, RunningFleet } from "../fleet/perform/index.ts";
import { startFleetRun } from "../fleet/perform/index.ts";
import { resultsText, statusText } from "../fleet/results/index.ts";
import type { AgentDialer } from "../fleet/transport/index.ts";
import { readConfigText } from "../report/config/index.ts";
import { CorralError } from "../report/index.ts";
import type { MetricsServer } from "../run/metrics/index.ts";
import { renderFamilies, serveMetrics } from "../run/metrics/index.ts";
import type { RawFlags } from "./flag-definition.ts";
import { openDialer, withExpectedAgents } from "./fleet-dialer.ts";
import type { fleetRunFlags } from "./fleet-flags.ts";
import { FleetTeller } from "./fleet-teller.ts";
import { say, writeText } from "./output.ts";
import { corralVersion } from "./version.ts";

type Flags = RawFlags<typeof fleetRunFlags>;

/** The file with what flags put into it, and both as texts. */
interface Given {
  readonly file: FleetFile;
  readonly text: string;
  readonly path: string | null;
  readonly name: string;
}

/** What flags say, as a file would: one way of judging it. */
function fileOfFlags(flags: Flags, command: readonly string[]): Record<string, unknown> {
  const lists = {
    agents: flags.agents?.split(",").filter((one) => one !== ""),
    thresholds: flags.threshold,
  };
  const values = { name: flags.name, min_agents: flags["min-agents"], results: flags.results };
  const timeouts = flags["start-delay"] === undefined ? undefined : { start_delay: flags["start-delay"] };
  const workload = command.length === 0 ? undefined : { command };
  return Object.fromEntries(
    Object.entries({ ...values, ...lists, timeouts, workload }).filter(([, value]) => value !== undefined),
  );
}

/** @throws CorralError CONFIG for mistakes in the file, USAGE for those of flags */
function readGiven(flags: Flags, command: readonly string[]): Given {
  const own = fileOfFlags(flags, command);
  const text = flags.config === undefined ? stringify({ version: 1, ...own }) : readConfigText(flags.config);
  const ofFile = flags.config === undefined ? null : parseFleetFile(text, flags.config);
  if (ofFile !== null && command.length > 0) refuseTwoWorkloads(ofFile, flags.config ?? "");
  const ofFlags = judgeFlags(own);
  const { timeouts } = ofFlags;
  const file = { ...ofFile, ...ofFlags, ...(timeouts && { timeouts: { ...ofFile?.timeouts, ...timeouts } }) };
  const name = flags.config === undefined ? "fleet" : basename(flags.config).replace(/\.ya?ml$/, "");
  return { file, text, path: flags.config ?? null, name };
}

/** A command after -- is what everybody runs; a file that says it, too, would be dropped without a word. */
function refuseTwoWorkloads({ workload, stages, agents = [] }: FleetFile, path: string): void {
  const own = agents.findIndex((agent) => typeof agent !== "string" && hasWork(agent.workload));
  if (workload === undefined && stages === undefined && own === -1) return;
  const ofAll = stages === undefined ? "workload" : "stages";
  const where = workload === undefined && stages === undefined ? `agents[${own}].workload` : ofAll;
  throw new CorralError("USAGE", `${path} says what runs (${where}), and a command after -- does, too`, {
    object: path,
    fix: `leave the command out, or take ${where} out of the file`,
  });
}

function judgeFlags(own: Record<string, unknown>): FleetFile {
  try {
    return parseFleetFile(stringify({ version: 1, ...own }), "flags");
  } catch (cause) {
    const { message } = CorralError.from(cause);
    throw new CorralError("USAGE", message.replace(/^flags:\d+:\d+: /, ""), { cause });
  }
}

function dryRunText({ name, agents, limits, minAgents }: FleetPlan): string {
  const each = agents.map(({ target, assignment: { agentId, config, pathPrefix, index, count } }) =>
    [
      `${agentId} at ${target}, ${index + 1} of ${count}${pathPrefix === "" ? "" : `, paths below ${pathPrefix}`}`,
      ...config
        .trimEnd()
        .split("\n")
        .map((line) => `  ${line}`),
    ].join("\n"),
  );
  const start = `start ${limits.startDelayMs} ms after the last agent is ready; at least ${minAgents} must go on`;
  return `${[`${name}: ${start}`, ...each].join("\n")}\n`;
}

/** How a run ended, for people, with what it has measured and where to look further. */
function endText({ status, results, failure }: FleetRunEnd, directory: string): string {
  const tables = results.map(resultsText);
  const where = `\nResults: ${directory}\nTo look at them again: corral fleet analyze ${directory}\n`;
  return [statusText(status), ...tables, failure === null ? where : ""].join("");
}

/** The first INT or TERM ends the run in good order, the second at once; a third ends Corral as if it heard none. */
function interruptOnSignals(running: RunningFleet): () => void {
  const signals = ["SIGINT", "SIGTERM"] as const;
  let heard = 0;
  const dispose = (): void => {
    for (const name of signals) process.off(name, interrupt);
  };
  const interrupt = (): void => {
    heard += 1;
    if (heard > 1) dispose();
    running.interrupt();
  };
  for (const name of signals) process.on(name, interrupt);
  return dispose;
}

/** Serves how a run stands; it is begun after that, so that no agent is called for a run that nobody could look at. */
const serve = (listen: string, view: () => LiveView | null): Promise<MetricsServer> =>
  serveMetrics({
    listen,
    render: async () => {
      const now = view();
      return now === null ? "" : await renderFamilies(fleetMetricFamilies, now);
    },
    health: () => ({ status: "healthy", phase: view()?.phase ?? null }),
  });

async function conduct(flags: Flags, given: Given, plan: FleetPlan, dialer: AgentDialer): Promise<FleetRunEnd> {
  const { json = false, "json-lines": jsonLines = false, quiet = false } = flags;
  const nameOf = (agent: number): string => plan.agents[agent]?.assignment.agentId ?? "";
  const teller = new FleetTeller({ name: plan.name, nameOf, jsonLines, quiet });
  const { listen } = flags;
  let running: RunningFleet | null = null;
  const server = listen === undefined ? null : await serve(listen, () => running?.view() ?? null);
  try {
    running = startFleetRun({
      plan,
      dialer,
      results: given.file.results ?? ".",
      configPath: given.path,
      configText: given.text,
      commandLine: process.argv,
      version: corralVersion(),
      onEffect: (effect) => teller.tell(effect),
    });
    const dispose = interruptOnSignals(running);
    if (!quiet) say(`results: ${running.directory}${server === null ? "" : `; serving ${server.address}`}`);
    teller.follow(running);
    const end = await running.ended;
    await teller.end(end, running.directory);
    dispose();
    if (json) writeText(1, `${JSON.stringify(end.status, null, 2)}\n`);
    else if (!jsonLines) writeText(1, endText(end, running.directory));
    return end;
  } finally {
    await server?.close();
  }
}

/**
 * `corral fleet run`: the same work on many hosts.
 * @returns exit status of a fleet run
 * @throws CorralError USAGE, CONFIG, REPORT_UNWRITABLE, LISTEN_FAILED, FLEET_UNREACHABLE, and what its security is refused for
 */
export async function fleetRunCommand(raw: Flags, command: readonly string[]): Promise<number> {
  const flags = await withExpectedAgents(raw, readGiven(raw, command).file);
  const given = readGiven(flags, command);
  const plan = planFleet(given.file, {
    name: given.name,
    // Beside the file that names it.
    readScenario: (path) => readConfigText(resolve(given.path === null ? "." : dirname(given.path), path)),
  });
  if (flags["dry-run"] === true) {
    writeText(1, dryRunText(plan));
    return 0;
  }
  await using dialer = await openDialer(flags, given.file);
  const { status, failure } = await conduct(flags, given, plan, dialer);
  // Whoever reads the status knows how the run ended; that its results are missing is told by the exit status.
  if (failure !== null) throw failure;
  return status.exit_status ?? 0;
}
