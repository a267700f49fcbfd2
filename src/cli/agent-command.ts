import { systemClock } from "../fleet/clock/index.ts";
import type { AgentLog } from "../fleet/host/index.ts";
import { AgentHost } from "../fleet/host/index.ts";
import { agentLimits } from "../fleet/model/index.ts";
import { joinController, listenForControllers } from "../fleet/transport/grpc/index.ts";
import type { AgentDoor } from "../fleet/transport/index.ts";
import { parseHostAddress, transportLimits } from "../fleet/transport/index.ts";
import { workMaker } from "../fleet/work/index.ts";
import { hostName, notifySystemd } from "../kernel/index.ts";
import { ConfigError } from "../report/config/index.ts";
import { CorralError, exitStatus, isPlainName, plainNameRule, quote } from "../report/index.ts";
import type { agentFlags } from "./agent-flags.ts";
import { clockAheadMs, limitsOf } from "./agent-limits.ts";
import { policyOf } from "./agent-policy.ts";
import type { RawFlags } from "./flag-definition.ts";
import { refuseWithoutBroker } from "./fleet-nats-flags.ts";
import { fleetSecurity } from "./fleet-security-flags.ts";
import { holdSignals } from "./hold-signals.ts";
import { JsonLog } from "./json-log.ts";
import { writeText } from "./output.ts";
import { corralVersion } from "./version.ts";

type Flags = RawFlags<typeof agentFlags>;

const defaultListen = "127.0.0.1";

/** How long a run may take to end when the agent is told to. */
const endMs = 10_000;

/**
 * `corral agent`: takes runs from controllers until it is told to end.
 * @returns 0; 2 when the policy has mistakes
 * @throws CorralError USAGE, CONFIG, LISTEN_FAILED, FLEET_INSECURE, FLEET_CREDENTIALS
 */
export async function agentCommand(flags: Flags): Promise<number> {
  try {
    return await serve(flags);
  } catch (thrown) {
    if (!(thrown instanceof ConfigError)) throw thrown;
    writeText(2, `${thrown.toLine()}\n`);
    return exitStatus.usage;
  }
}

async function serve(flags: Flags): Promise<number> {
  const signals = holdSignals();
  const lines = new JsonLog();
  const log: AgentLog = (kind, fields) => {
    if (flags.quiet !== true) lines.add({ event: kind, ...fields });
  };
  const host = new AgentHost({
    version: corralVersion(),
    clock: systemClock(clockAheadMs(flags)),
    limits: { ...agentLimits, ...limitsOf(flags) },
    makeWork: workMaker({ policy: policyOf(flags), program: [process.execPath, process.argv[1] ?? ""] }),
    log,
  });
  const door = await openDoor(flags, host, log);
  writeText(
    1,
    `${flags.join === undefined && flags.nats === undefined ? "listening on" : "going to"} ${door.address}\n`,
  );
  notifySystemd("READY=1");
  const signal = await signals.handOver(() => {});
  notifySystemd("STOPPING=1");
  // A second one does not wait for what is under way: the workload ends with this process in any case.
  const secondSignal = signals.handOver(() => {});
  await Promise.race([end(host, door, signal), secondSignal, limit(endMs)]);
  await lines.end();
  return 0;
}

async function end(host: AgentHost, door: AgentDoor, signal: string): Promise<void> {
  await host.end(`the agent was told to end (${signal})`);
  await door.close();
}

const limit = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });

/** The ways to an agent exclude each other. @throws CorralError USAGE */
function refuseSeveralWays({ listen, join, nats }: Flags): void {
  const given = Object.entries({ listen, join, nats }).flatMap(([flag, value]) =>
    value === undefined ? [] : `--${flag}`,
  );
  const [first, second] = given;
  if (second === undefined) return;
  throw new CorralError("USAGE", `${first} and ${second} are two ways to one controller`, {
    object: second,
    fix: "give one of them",
  });
}

/** By which controllers know an agent that they do not call. @throws CorralError USAGE */
function nameOf(flags: Flags): string {
  const name = flags.name ?? hostName();
  if (isPlainName(name)) return name;
  throw new CorralError("USAGE", `--name takes ${plainNameRule}, not ${quote(name)}`, { object: "--name" });
}

async function openDoor(flags: Flags, host: AgentHost, log: AgentLog): Promise<AgentDoor> {
  refuseSeveralWays(flags);
  refuseWithoutBroker(flags);
  const security = fleetSecurity(flags);
  if (flags.join === undefined && flags.nats === undefined) {
    if (flags.name !== undefined)
      throw new CorralError("USAGE", "--name is for --join and --nats", { object: "--name", fix: "leave it out" });
    const address = parseHostAddress(flags.listen ?? defaultListen);
    const onDenied = (peer: string, why: string): void => log("denied", { peer, why });
    return listenForControllers(host, { address, security, limits: transportLimits, onDenied });
  }
  const name = nameOf(flags);
  const onChange = (state: "waiting" | "away", error: CorralError | null): void =>
    log(state === "waiting" ? "joined" : "away", error === null ? {} : { code: error.code, why: error.message });
  if (flags.join === undefined)
    return (await import("./fleet-nats.ts")).openBrokerDoor(flags, host, { security, name, onChange });
  const address = parseHostAddress(flags.join);
  return joinController(host, { address, security, limits: transportLimits, name, onChange });
}
