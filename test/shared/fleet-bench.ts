import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import type { FleetResults, FleetStatus } from "../../src/fleet/results/index.ts";
import type { Bench, Ran, RunOptions, Started } from "./bench.ts";
import type { RunningAgent } from "./fleet.ts";
import { launchAgent } from "./fleet.ts";
import { fleetWire } from "./fleet-wire.ts";
import { scaled } from "./timing.ts";

/** An agent that runs. */
export type TestAgent = Pick<RunningAgent, "address" | "started">;

/** What a fleet run left behind. */
export interface FleetRan extends Ran {
  readonly status_: FleetStatus;
  readonly directory: string;
  /** The text of one of its files. */
  text(file: string): string;
  results(file: string): FleetResults;
}

/** A time limit of the reference machine, as a file has it. */
export const ms = (limitMs: number): string => `${scaled(limitMs)}ms`;

/** Starts an agent which trusts everybody on this host. It ends with the tests' directory, or by `endAgents`. */
export function startAgent(bench: Bench, flags: readonly string[] = [], options: RunOptions = {}): Promise<TestAgent> {
  const allowed = flags.some((flag) => flag.startsWith("--allow-")) ? [] : ["--allow-all"];
  return launchAgent(bench, ["--insecure", ...allowed, ...flags], { limitMs: 600_000, ...options });
}

export const startAgents = (bench: Bench, count: number): Promise<TestAgent[]> =>
  Promise.all(Array.from({ length: count }, () => startAgent(bench)));

/** Ends agents, and waits for it. */
export async function endAgents(agents: readonly TestAgent[]): Promise<void> {
  for (const { started } of agents) {
    started.kill("SIGCONT");
    started.kill("SIGTERM");
  }
  await Promise.all(agents.map(({ started }) => started.ended));
}

/** The file of a run of a second or two. */
export function fleetFile(
  bench: Bench,
  agents: readonly (TestAgent | { readonly address: string; readonly workload?: object })[],
  rest: Readonly<Record<string, unknown>>,
): string {
  const path = bench.fresh("run.yaml");
  const { timeouts = {}, ...others } = rest as { timeouts?: object };
  // Enough for a machine that is busy with other tests.
  const patience = { start_delay: ms(500), connect: ms(5000), prepare: ms(30_000), first_report: ms(10_000) };
  const document = {
    version: 1,
    agents: agents.map((one) => ("started" in one ? one.address : one)),
    timeouts: { ...patience, ...timeouts },
    ...others,
  };
  writeFileSync(path, stringify(document));
  return path;
}

export interface StartedFleet extends Started {
  readonly finished: Promise<FleetRan>;
}

/** Starts `corral fleet run --json` with its results in a directory of their own. */
export function startFleet(
  bench: Bench,
  file: string,
  flags: readonly string[] = [],
  options: RunOptions = {},
): StartedFleet {
  const parent = bench.fresh("results");
  // Agents that come to a gate are not on the wire of the suite.
  const way = flags.includes("--gate") ? [] : fleetWire().controllerFlags;
  const started = bench.start(["fleet", "run", "--config", file, "--results", parent, "--json", ...way, ...flags], {
    limitMs: 60_000,
    ...options,
  });
  const finished = started.ended.then((ran): FleetRan => {
    const [name] = readdirSync(parent);
    const directory = join(parent, name ?? "");
    const text = (path: string): string => readFileSync(join(directory, path), "utf8");
    return {
      ...ran,
      directory,
      text,
      status_: JSON.parse(ran.out) as FleetStatus,
      results: (path) => JSON.parse(text(path)) as FleetResults,
    };
  });
  finished.catch(() => {});
  return { ...started, finished };
}

export const runFleet = (
  bench: Bench,
  file: string,
  flags: readonly string[] = [],
  options: RunOptions = {},
): Promise<FleetRan> => startFleet(bench, file, flags, options).finished;
