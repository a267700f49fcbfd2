import { CorralError } from "../../report/index.ts";
import { callableAddress } from "./agent-address.ts";
import type { AgentSettings } from "./agent-settings.ts";
import { managerFlag } from "./agent-unit.ts";
import { factsFinding } from "./deploy-host.ts";
import type { HostFacts, Told } from "./host-facts.ts";
import { lastOf } from "./host-facts.ts";
import type { HostFinding, HostOutcome } from "./host-result.ts";
import { hostOutcomes } from "./host-result.ts";
import type { HostSession } from "./host-session.ts";
import type { ServiceChoice } from "./plan-deploy.ts";
import type { StartPlan } from "./plan-start.ts";
import { planStart } from "./plan-start.ts";
import type { SshTarget } from "./ssh-target.ts";

export interface StartOptions {
  /** What the agent of a host is started with. */
  readonly settingsFor: (target: SshTarget) => AgentSettings;
  readonly choice: ServiceChoice;
  /** Ends an agent that runs with other settings. */
  readonly restart: boolean;
  readonly dryRun: boolean;
  /** For an agent to be there, and as much again to answer. */
  readonly limitMs: number;
  /** Where ssh goes for a name. */
  readonly resolve: (target: SshTarget) => Promise<string>;
  /** Waits until an agent answers. @throws CorralError when it does not in time */
  readonly awaitAnswer: (address: string) => Promise<void>;
}

/** More than the host takes for it: its end of a start that fails, and its way to us. */
const marginMs = 60_000;

const outcomeOf = (told: Told): HostOutcome => {
  const text = lastOf(told, "outcome");
  return hostOutcomes.find((one) => one === text) ?? "started";
};

async function startAgent(session: HostSession, plan: StartPlan, options: StartOptions): Promise<Told> {
  const { service, settings } = plan;
  const parameters = {
    V: service,
    M: managerFlag(service),
    W: settings.digest,
    X: options.restart ? "yes" : "no",
    T: String(Math.ceil(options.limitMs / 1000)),
  };
  const limitMs = 2 * options.limitMs + marginMs;
  return session.ask("start", "starting the agent", parameters, { data: settings.tar, limitMs });
}

const onlyThere = (target: SshTarget, listens: string): CorralError =>
  new CorralError("FLEET_HOST", `it would listen on ${listens}, where only that host can call it`, {
    object: target.text,
    fix: "give --listen with an address of the network",
  });

/** Waits until the agent answers from here. */
async function answered(session: HostSession, listens: string, host: string, options: StartOptions): Promise<string> {
  const address = callableAddress(listens, host);
  if (address === null) throw onlyThere(session.target, listens);
  session.enter("ping", `waiting for an answer of ${address}`);
  try {
    await options.awaitAnswer(address);
    return address;
  } catch (thrown) {
    const { code, message, found, fix } = CorralError.from(thrown);
    const details = { object: session.target.text, cause: thrown, ...(found && { found }), ...(fix && { fix }) };
    throw new CorralError(code, `the agent runs there, and does not answer: ${message}`, details);
  }
}

/** What a start would do. @throws CorralError FLEET_HOST when it would be refused */
function foresee({ agent }: HostFacts, { settings }: StartPlan, { restart }: StartOptions): readonly string[] {
  if (agent === null) return ["start"];
  if (agent.settings === settings.digest) return [];
  if (restart) return ["stop", "start"];
  throw new CorralError(
    "FLEET_HOST",
    `an agent of another release or with other settings runs there already, process ${agent.pid}`,
    { fix: "give --restart, or end it with corral fleet stop" },
  );
}

const stepsOf = (outcome: HostOutcome): readonly string[] => {
  if (outcome === "running") return [];
  return outcome === "restarted" ? ["stop", "start"] : ["start"];
};

/**
 * Starts an agent on a host, and waits until it answers; one that runs with the same settings is left as it is.
 * @throws CorralError FLEET_HOST; what it does not answer with
 */
export async function startHost(session: HostSession, options: StartOptions): Promise<HostFinding> {
  const facts = await session.look();
  const settings = options.settingsFor(session.target);
  const plan = planStart(facts, settings, options.choice);
  const host = await options.resolve(session.target);
  if (settings.listen !== null && callableAddress(settings.listen, host) === null)
    throw onlyThere(session.target, settings.listen);
  const known = { ...factsFinding(facts), release: plan.release, service: plan.service };
  if (options.dryRun) return { ...known, outcome: "planned", steps: foresee(facts, plan, options) };
  const told = await startAgent(session, plan, options);
  const outcome = outcomeOf(told);
  const pid = Number(lastOf(told, "pid"));
  const agent = settings.listen === null ? null : await answered(session, lastOf(told, "address") ?? "", host, options);
  return { ...known, outcome, pid, agent, steps: stepsOf(outcome) };
}
