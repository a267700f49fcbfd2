import { closeSync, openSync } from "node:fs";
import { Socket } from "node:net";
import type { StdioPipe } from "../../kernel/index.ts";
import { openStdioPipe } from "../../kernel/index.ts";
import type { KeptOutput } from "./bounded-output.ts";
import { BoundedOutput } from "./bounded-output.ts";

/** One stream of a command: its pipe, and what is kept of it. */
class Captured {
  readonly fd: number;
  readonly #pipe: StdioPipe;
  readonly #kept: BoundedOutput;
  #socket: Socket | null = null;
  #whole: Promise<unknown> = Promise.resolve();

  constructor(mostBytes: number) {
    this.#pipe = openStdioPipe("output");
    this.fd = this.#pipe.childs;
    this.#kept = new BoundedOutput(mostBytes);
  }

  /** The command has its end. */
  started(): void {
    this.#pipe.closeChilds();
    const socket = new Socket({ fd: this.#pipe.ours, readable: true, writable: false });
    this.#socket = socket;
    socket.on("data", (chunk: Buffer) => this.#kept.add(chunk));
    this.#whole = new Promise((resolve) => {
      socket.on("error", () => {});
      socket.on("close", resolve);
    });
  }

  /** All of it, up to the end of who writes; whoever an adopted process is, it is not waited for. */
  async ended(): Promise<KeptOutput> {
    await Promise.race([this.#whole, new Promise((resolve) => setTimeout(resolve, drainMs).unref())]);
    return this.#kept.kept();
  }

  close(): void {
    this.#pipe.closeChilds();
    if (this.#socket === null) this.#pipe.closeOurs();
    else this.#socket.destroy();
  }
}

/** How long an output is awaited that somebody else still holds open after the call has ended. */
const drainMs = 1000;

/** stdin, stdout and stderr of a command that answers a model: nothing to read, and what it writes is kept, bounded. */
export class CallOutput {
  readonly #mostBytes: number;
  #streams: readonly Captured[] = [];
  #null: number | null = null;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  /** Descriptors for a run; what an earlier one has written is forgotten. */
  open(): readonly number[] {
    this.close();
    this.#null = openSync("/dev/null", "r");
    this.#streams = [new Captured(this.#mostBytes), new Captured(this.#mostBytes)];
    return [this.#null, ...this.#streams.map(({ fd }) => fd)];
  }

  /** The command runs. */
  started(): void {
    for (const one of this.#streams) one.started();
  }

  async ended(): Promise<{ readonly stdout: KeptOutput; readonly stderr: KeptOutput }> {
    const [stdout, stderr] = await Promise.all(this.#streams.map((one) => one.ended()));
    if (stdout === undefined || stderr === undefined) throw new RangeError("no run was opened");
    return { stdout, stderr };
  }

  close(): void {
    for (const one of this.#streams) one.close();
    if (this.#null !== null) closeSync(this.#null);
    this.#streams = [];
    this.#null = null;
  }
}
