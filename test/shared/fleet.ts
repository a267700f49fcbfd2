import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import type { AgentMessage, Assignment, ControlMessage } from "../../src/fleet/model/index.ts";
import type { AgentDialer, FleetStream } from "../../src/fleet/transport/index.ts";
import { transportLimits } from "../../src/fleet/transport/index.ts";
import type { CorralError } from "../../src/report/index.ts";
import type { Bench, Ran, RunOptions, Started } from "./bench.ts";
import { fleetWire } from "./fleet-wire.ts";
import { scaled, sleep, until } from "./timing.ts";

/** A line of an agent's log. */
export type LogLine = Readonly<Record<string, unknown>> & { readonly event: string };

/** A `corral agent` that runs. */
export interface RunningAgent {
  readonly started: Started;
  /** Where controllers find it; or the controller that it goes to. */
  readonly address: string;
  log(): readonly LogLine[];
  stop(signal?: NodeJS.Signals): Promise<Ran>;
}

/** Whoever can reach it may use it, and for everything: what a test needs that is not about this. */
export const openAgent = ["--insecure", "--allow-all"] as const;

const logOf = (text: string): LogLine[] =>
  text
    .split("\n")
    .slice(0, -1)
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as LogLine);

/** Starts an agent, where the wire of the suite wants it unless its flags say where, and waits until it can be reached. */
export async function launchAgent(
  bench: Bench,
  flags: readonly string[],
  options: RunOptions = {},
): Promise<RunningAgent> {
  const isPlaced = flags.some((flag) => ["--join", "--listen", "--nats"].includes(flag));
  const where = isPlaced ? [] : fleetWire().agentFlags();
  const started = bench.start(["agent", ...where, ...flags], { limitMs: 120_000, ...options });
  const address = (): string | undefined => fleetWire().placeOf([...where, ...flags], started.out(), started.err());
  let gone = false;
  void started.ended.then(
    () => (gone = true),
    () => (gone = true),
  );
  await until("the agent says where it is", () => gone || address() !== undefined);
  const at = address();
  assert.ok(at !== undefined, `the agent has ended: ${started.err()}`);
  return {
    started,
    address: at,
    log: () => logOf(started.err()),
    stop: (signal = "SIGTERM") => {
      started.kill(signal);
      return started.ended;
    },
  };
}

/** Starts an agent that ends with the test. */
export async function startAgent(
  t: TestContext,
  bench: Bench,
  flags: readonly string[] = openAgent,
  options: RunOptions = {},
): Promise<RunningAgent> {
  const agent = await launchAgent(bench, flags, options);
  const { started } = agent;
  t.after(async () => {
    started.kill("SIGTERM");
    await Promise.race([started.ended.catch(() => {}), sleep(scaled(5000))]);
    started.kill("SIGKILL");
    await started.ended.catch(() => {});
  });
  return agent;
}

/** Calls agents on this machine, in plaintext and without a token. */
export function plainDialer(t: TestContext, limits = transportLimits): AgentDialer {
  const dialer = fleetWire().dialer(limits);
  t.after(() => dialer[Symbol.asyncDispose]());
  return dialer;
}

/** A stream as a controller without a mind of its own has it. */
export class Call {
  readonly messages: AgentMessage[] = [];
  readonly garbled: string[] = [];
  isOpen = false;
  /** Undefined: it goes on. */
  end: CorralError | null | undefined;
  readonly stream: FleetStream<ControlMessage>;

  constructor(dialer: AgentDialer, target: string) {
    this.stream = dialer.open(target, {
      opened: () => {
        this.isOpen = true;
      },
      message: (message) => void this.messages.push(message),
      garbled: (what) => void this.garbled.push(what),
      ended: (error) => {
        this.end = error;
      },
    });
  }

  of<K extends AgentMessage["kind"]>(kind: K): Extract<AgentMessage, { kind: K }>[] {
    return this.messages.filter((one): one is Extract<AgentMessage, { kind: K }> => one.kind === kind);
  }

  /** Waits for the first message of a kind. */
  async heard<K extends AgentMessage["kind"]>(kind: K, limitMs?: number): Promise<Extract<AgentMessage, { kind: K }>> {
    await until(`${kind} is heard`, () => this.of(kind).length > 0 || this.end !== undefined, limitMs);
    const [message] = this.of(kind);
    assert.ok(message !== undefined, `no ${kind}: ${this.#told()}`);
    return message;
  }

  /** Waits for the end of the stream; why it ended, or null. */
  async over(limitMs?: number): Promise<CorralError | null> {
    await until("the stream has ended", () => this.end !== undefined, limitMs);
    return this.end ?? null;
  }

  start(config: string, more: Partial<Assignment> = {}): void {
    const assignment = { agentId: "a", config, pathPrefix: "", index: 0, count: 1, ...more };
    this.stream.send({ kind: "start", assignment });
  }

  /** Names a moment that comes so soon on the reference machine. @returns that moment */
  go(inMs: number): bigint {
    const startNs = BigInt(Math.round(Date.now() + scaled(inMs))) * 1_000_000n;
    this.stream.send({ kind: "go", startNs, localStartNs: startNs, stage: 0 });
    return startNs;
  }

  /** A whole run that needs no care: its messages. */
  async run(config: string, more: Partial<Assignment> = {}): Promise<readonly AgentMessage[]> {
    this.start(config, more);
    await this.heard("ready");
    this.go(200);
    await this.over();
    return this.messages;
  }

  kinds(): readonly string[] {
    return this.messages.map(({ kind }) => kind);
  }

  #told(): string {
    const last = this.messages.at(-1);
    return JSON.stringify([this.kinds(), last, this.end?.message], (_, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    );
  }
}

/** Opens a stream that the test does not have to close. */
export function call(t: TestContext, dialer: AgentDialer, target: string): Call {
  const made = new Call(dialer, target);
  t.after(() => made.stream.cut("the test is over"));
  return made;
}
