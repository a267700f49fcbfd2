import type { ChildHandle, ExitInfo, ExitSource, ProcessIdentity } from "../../kernel/index.ts";
import { exitFromNative, signalProcess, unknownExit } from "../../kernel/index.ts";
import { watchForExit } from "../../run/attach/index.ts";
import { awaited } from "./awaited.ts";
import type { JobExit } from "./job-request.ts";

/** The client is smaller: what a child of it peaked at is no number of the client's (exit-info.ts). */
const clientRssBytes = 1024 * 1024;

const toExitInfo = (exit: JobExit): ExitInfo => ({
  ...exitFromNative(
    {
      code: exit.exit_code,
      signal: exit.exit_signal,
      coreDumped: exit.core_dumped,
      userUs: exit.user_us,
      sysUs: exit.sys_us,
      maxRssBytes: exit.max_rss_bytes,
      minorFaults: exit.minor_faults,
      majorFaults: exit.major_faults,
      inBlocks: exit.in_blocks,
      outBlocks: exit.out_blocks,
      voluntarySwitches: exit.voluntary_switches,
      involuntarySwitches: exit.involuntary_switches,
    },
    clientRssBytes,
  ),
  endedNs: BigInt(exit.at_ns),
});

/** A workload that is a client's child. Its parent tells how it ended; when the parent dies first, the kernel does. */
export class ClientChild implements ChildHandle {
  readonly pid: number;
  readonly pidfd = null;
  readonly #identity: ProcessIdentity;
  readonly #exit = awaited<ExitInfo>();
  #source: ExitSource | null = null;

  constructor(identity: ProcessIdentity) {
    this.pid = identity.pid;
    this.#identity = identity;
  }

  get exit(): Promise<ExitInfo> {
    return this.#exit.promise;
  }

  get exitSource(): ExitSource | null {
    return this.#source;
  }

  onEnd(tell: (reaped: boolean) => void): void {
    void this.exit.then(() => tell(true));
  }

  kill(signal: number): boolean {
    return signalProcess(this.#identity, signal) === "sent";
  }

  ended(exit: JobExit): void {
    this.#source = "wait";
    this.#exit.resolve(toExitInfo(exit));
  }

  /** It never executed its command: nobody asks how it ended. */
  neverRan(): void {
    this.#exit.resolve(unknownExit);
  }

  /** The client has gone. */
  async watch(): Promise<void> {
    const process = await watchForExit(this.#identity).catch(() => null);
    const exit = process === null ? unknownExit : await process.exit;
    this.#source = process?.exitSource ?? null;
    this.#exit.resolve(exit);
  }

  // It is no child of this process, which it does not keep alive therefore.
  unref(): void {}
  ref(): void {}
  release(): void {}
}
