import * as v from "valibot";
import { checked, described, expects, section, text, truth, wholeNumber, written } from "../../report/config/index.ts";
import { isPlainName, parseDurationMs, plainNameRule, quote } from "../../report/index.ts";
import { parseThreshold } from "../thresholds/index.ts";
import { parseHostAddress } from "../transport/index.ts";
import { mostStages } from "../work/index.ts";

const optional = <T extends v.GenericSchema>(schema: T, description: string) =>
  v.exactOptional(described(schema, description));

/** The most agents of one run. */
const mostAgents = 10_000;
/** The longest time limit: a week. */
const longestMs = 7 * 86_400_000;

/** A duration with its unit. @throws RangeError */
function durationOf(written: string): number {
  if (/^[\d.]+$/.test(written.trim())) throw new RangeError(`needs a unit, such as ${written.trim()}s`);
  const ms = parseDurationMs(written);
  if (ms > longestMs) throw new RangeError(`is longer than a week: ${quote(written)}`);
  return ms;
}

/** Described before it becomes a number, so that editors see what it is. */
const duration = (description: string) =>
  v.exactOptional(
    v.pipe(
      written("a duration such as 30s", durationOf),
      v.description(description),
      v.transform((value) => durationOf(String(value))),
    ),
  );

/** A duration, or `none` for a limit that there is not. */
const limitOrNone = (description: string) =>
  v.exactOptional(
    v.pipe(
      written("a duration such as 30s, or none", (value) => (value === "none" ? 0 : durationOf(value))),
      v.description(description),
      v.transform((value) => (value === "none" ? null : durationOf(String(value)))),
    ),
  );

/** One of several durations. */
const oneDuration = v.pipe(
  written("a duration such as 30s", durationOf),
  v.transform((value) => durationOf(String(value))),
);

const address = v.pipe(
  text,
  v.rawCheck(({ dataset, addIssue }) => {
    if (!dataset.typed) return;
    try {
      parseHostAddress(dataset.value);
    } catch {
      addIssue({ message: `expects HOST, HOST:PORT or [IPV6]:PORT, not ${quote(dataset.value)}` });
    }
  }),
);

const plainName = v.pipe(
  text,
  v.check(isPlainName, ({ input }) => expects(plainNameRule)({ input })),
);

const workload = v.record(v.string(), v.unknown(), expects("keys and values"));

const agent = section({
  address: described(address, "HOST, HOST:PORT or [IPV6]:PORT where it listens."),
  id: optional(plainName, "Name in this run, of its directory too. Default: agent-1, agent-2 and so on."),
  workload: optional(workload, "Keys that replace those of the workload for this agent."),
});

/** A number of agents, or a part of them such as 50%. @throws RangeError */
function checkMinAgents(value: string): void {
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(value.trim());
  const number = Number(percent === null ? value : percent[1]);
  if (percent === null ? !Number.isInteger(number) || number < 1 : number > 100)
    throw new RangeError(`expects a number of agents, or a part of them such as 50%, not ${quote(value)}`);
}

const thresholds = v.array(v.pipe(text, checked<string>(parseThreshold)), expects("a list of thresholds"));

const stage = section({
  name: described(plainName, "What it is called, in the names of its results too."),
  workload: optional(workload, "What runs in it; its keys replace those of the run's workload."),
  barrier: optional(
    truth,
    "Whether agents wait for each other before it, and begin it at one moment; before the first they always do. Default: true.",
  ),
  thresholds: optional(thresholds, "What it must reach."),
});

const timeouts = section({
  connect: duration("For one attempt to connect. Default: 5s."),
  retry: optional(
    v.array(oneDuration, expects("a list of durations")),
    "Pauses before further attempts, as many as there are. Default: 1s, 2s, 4s.",
  ),
  prepare: limitOrNone("For preparing; none: as long as the agent answers. Default: 30s."),
  ready: duration("From the first agent that is ready to the last. Default: 60s."),
  barrier: limitOrNone(
    "From the first agent at a barrier to the last, who fails otherwise; none: no such limit. Default: 5m.",
  ),
  start_delay: duration(
    "From the last ready, or the last at a barrier, to the common start, up to 300s. Default: 10s.",
  ),
  first_report: duration("From the common start to an agent's first report. Default: 10s."),
  silence: duration("Silence after which an agent is asked for a sign of life. Default: 10s."),
  ping: duration("For the answer. Default: 5s."),
  pings: optional(
    wholeNumber("a whole number", 1, 100),
    "Questions without an answer until it is given up. Default: 3.",
  ),
  no_report: limitOrNone(
    "Without a report while its workload runs, whether it answers or not; none: no such limit. Default: 60s.",
  ),
  abort: duration("For agents to end after an abort. Default: 5s."),
  clock_probes: optional(
    wholeNumber("a whole number", 0, 100),
    "Exchanges for the estimate of each agent's clock; 0: clocks are taken as the same. Default: 8.",
  ),
});

/** How controller and agents know each other; files as the flags of the same names. */
const security = section({
  tls: optional(truth, "TLS with the system's authorities."),
  ca: optional(text, "Certificates of who signs those of agents."),
  cert: optional(text, "The controller's own certificate."),
  key: optional(text, "Its key."),
  server_name: optional(text, "The name that agents' certificates are for."),
  token_file: optional(text, "File with the token that agents want."),
  insecure: optional(truth, "Plaintext over a network."),
});

/** A file of `corral fleet run`. */
export const fleetFileSchema = section({
  version: described(v.literal(1, expects("1, the only version there is")), "Version of this format: 1."),
  name: optional(plainName, "What the run is called. Default: the name of the file."),
  agents: optional(
    v.pipe(
      v.array(v.union([address, agent], expects("an address, or keys and values")), expects("a list of agents")),
      v.minLength(1, "needs at least one agent"),
      v.maxLength(mostAgents, `has more than ${mostAgents} agents`),
    ),
    "Agents, by address or with keys of their own. --agents replaces them.",
  ),
  gate: optional(
    address,
    "HOST:PORT where agents come to by themselves; the addresses of agents are their names then.",
  ),
  workload: optional(
    workload,
    "What every agent runs: command, scenario (a file) or load. In it {index}, {count} and {agent} are the agent's own.",
  ),
  stages: optional(
    v.pipe(
      v.array(stage, expects("a list of stages")),
      v.minLength(1, "needs at least one stage"),
      v.maxLength(mostStages, `has more than ${mostStages} stages`),
    ),
    "What runs one after the other, with results of each.",
  ),
  shared_storage: optional(truth, "Whether agents see the same files: then no path prefix is used. Default: false."),
  path_template: optional(text, "Put before an agent's paths where storage is not shared. Default: {agent}/."),
  min_agents: optional(
    written("a number of agents, or a part such as 50%", checkMinAgents),
    "With fewer agents left a run that has begun is ended for all. Default: 1.",
  ),
  thresholds: optional(thresholds, "What the run must reach, such as p99_us < 5000 and error_rate < 0.1%."),
  timeouts: optional(timeouts, "Time limits."),
  results: optional(text, "Directory for the results of runs. Default: the current one."),
  security: optional(security, "How controller and agents know each other."),
});

/** What a file of `corral fleet run` says. */
export type FleetFile = v.InferOutput<typeof fleetFileSchema>;
