import type { TestContext } from "node:test";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { Metadata, Server, ServerCredentials, status } from "@grpc/grpc-js";
import type { AgentSaying, ControlMessage } from "../../src/fleet/model/index.ts";
import { noReport, noTotals, noWork } from "../../src/fleet/model/index.ts";
import { AgentService, agentBytes, controlBytes } from "../../src/fleet/wire/index.ts";
import { until } from "./timing.ts";

type Call = ServerDuplexStream<Buffer, Buffer>;

/** One stream of an agent that says what a test wants, right or wrong. Pings are answered by itself. */
export class ScriptedStream {
  readonly #call: Call;
  readonly #heard: ControlMessage[] = [];
  #sequence = 0n;

  constructor(call: Call) {
    this.#call = call;
    call.on("data", (bytes: Buffer) => this.#hear(controlBytes.decode(bytes)));
    call.on("error", () => {});
    call.sendMetadata(new Metadata());
  }

  /** Waits for the first message of a kind. */
  async heard<K extends ControlMessage["kind"]>(kind: K): Promise<Extract<ControlMessage, { kind: K }>> {
    type Wanted = Extract<ControlMessage, { kind: K }>;
    const found = (): Wanted | undefined => this.#heard.find((one): one is Wanted => one.kind === kind);
    await until(`the agent hears ${kind}`, () => found() !== undefined || this.#call.cancelled);
    const message = found();
    if (message === undefined) throw new Error(`the stream has ended without ${kind}`);
    return message;
  }

  /** Says something with the number that is next, or with another one, from which it goes on. */
  say(saying: AgentSaying, sequence = this.#sequence + 1n): void {
    this.#sequence = sequence;
    this.bytes(agentBytes.encode("", { ...saying, sequence }));
  }

  ready(): void {
    this.say({ kind: "ready", atNs: BigInt(Date.now()) * 1_000_000n });
  }

  /** A report that so many operations have been done. */
  running(operations: number, sequence?: bigint): void {
    this.say({ kind: "running", ...noReport, totals: totalsOf(operations), actualStartNs: 1n, elapsedMs: 0 }, sequence);
  }

  completed(operations: number, sequence?: bigint): void {
    const work = { ...noWork, totals: totalsOf(operations), actualStartNs: 1n };
    this.say({ kind: "completed", ...work, result: "" }, sequence);
  }

  /** Says what may be no message. */
  bytes(bytes: Uint8Array): void {
    this.#call.write(Buffer.from(bytes));
  }

  /** Goes through a run up to the moment at which it is told to begin. */
  async begin(): Promise<void> {
    await this.heard("start");
    this.ready();
    await this.heard("go");
  }

  /** Closes the stream, once all is written. */
  end(): void {
    this.#call.end();
  }

  /** Ends it as one that has broken, once all is written. */
  fail(): void {
    this.#call.emit("error", Object.assign(new Error("broken"), { code: status.UNAVAILABLE, details: "broken" }));
  }

  #hear(message: ControlMessage | string): void {
    if (typeof message === "string") throw new Error(message);
    this.#heard.push(message);
    const nowNs = BigInt(Date.now()) * 1_000_000n;
    if (message.kind === "ping") this.say({ kind: "pong", id: message.id, receivedNs: nowNs, sentNs: nowNs });
  }
}

const totalsOf = (operations: number) => ({ ...noTotals, getOperations: BigInt(operations) });

const asIs = (bytes: Buffer): Buffer => bytes;
const service = {
  ...AgentService,
  execute: { ...AgentService.execute, requestDeserialize: asIs, responseSerialize: asIs },
};

/**
 * Serves agents that do what a script says, as many as call: `number` counts their streams from 0. @returns where
 */
export async function scriptedAgents(
  t: TestContext,
  play: (stream: ScriptedStream, number: number) => Promise<void>,
): Promise<string> {
  const server = new Server();
  let streams = 0;
  server.addService(service, {
    execute: (call: Call) => {
      const number = streams;
      streams += 1;
      // A run that was ended in the middle leaves its script where it was.
      play(new ScriptedStream(call), number).catch((error: Error) => t.diagnostic(`agent ${number}: ${error.message}`));
    },
    ping: () => {},
    status: () => {},
  });
  t.after(() => server.forceShutdown());
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return `127.0.0.1:${port}`;
}
