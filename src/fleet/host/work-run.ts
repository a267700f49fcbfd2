import { CorralError } from "../../report/index.ts";
import type { AgentEvent } from "../agent/index.ts";
import type { WallNs } from "../model/index.ts";
import type { Work } from "../work/index.ts";

/** Who hears of the work. */
interface WorkOwner {
  readonly tell: (event: AgentEvent) => void;
  readonly wallOf: (monotonicNs: bigint) => WallNs;
  readonly warn: (text: string) => void;
}

/** Most runs have no more than a directory to take away: then who hears of the end finds the agent free. */
const quickCleanMs = 500;

const pause = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });

const reasonOf = (thrown: unknown): string => CorralError.from(thrown).message;

/** The work of one run, under way: what comes of it is told, unless it was stopped. */
export class WorkRun {
  readonly work: Work;
  readonly #owner: WorkOwner;
  readonly #over = new AbortController();
  #cleaning: Promise<void> | null = null;
  /** What is under way; settles when nothing of it is left. */
  #underWay: Promise<void> = Promise.resolve();

  constructor(work: Work, owner: WorkOwner) {
    this.work = work;
    this.#owner = owner;
  }

  prepare(): void {
    let isPreparing = true;
    const over = (event: AgentEvent): void => {
      isPreparing = false;
      this.#tell(event);
    };
    const progress = (done: bigint, total: bigint | null): void => {
      // What comes late is over already.
      if (isPreparing) this.#tell({ kind: "progress", done, total });
    };
    this.#underWay = this.work.prepare(this.#over.signal, progress).then(
      () => over({ kind: "prepared" }),
      (thrown: unknown) => over({ kind: "prepare_failed", why: reasonOf(thrown) }),
    );
  }

  begin(atNs: bigint): void {
    this.#underWay = this.#run(atNs);
  }

  /**
   * Ends what is under way; settles when nothing of it is left, or only what takes long to be taken away. Nothing is told any
   * more.
   */
  async end(): Promise<void> {
    this.#over.abort(new CorralError("ABORTED", "the run was ended"));
    await this.#underWay;
    await Promise.race([this.clean(), pause(quickCleanMs)]);
  }

  /** Takes away what is left. Never rejects. */
  clean(): Promise<void> {
    this.#cleaning ??= this.#clean();
    return this.#cleaning;
  }

  async #clean(): Promise<void> {
    await this.#underWay;
    const why = await this.work.cleanUp();
    if (why !== null) this.#owner.warn(`cleaning up: ${why}`);
  }

  async #run(atNs: bigint): Promise<void> {
    try {
      const begun = await this.work.begin(atNs, this.#over.signal);
      this.#tell({ kind: "began", atNs: this.#owner.wallOf(begun.atNs) });
      const { why, result, figures } = await begun.ended;
      const left = await this.work.cleanUp();
      if (left !== null) this.#owner.warn(`cleaning up: ${left}`);
      // Who has ended it asks for the rest of what was done, which can be told only once.
      if (this.#over.signal.aborted) return;
      if (why !== null) this.#tell({ kind: "failed", why, result });
      else this.#tell({ kind: "done", ...this.work.report(), ...figures, result });
    } catch (thrown) {
      this.#tell({ kind: "failed", why: reasonOf(thrown), result: "" });
    }
  }

  #tell(event: AgentEvent): void {
    if (!this.#over.signal.aborted) this.#owner.tell(event);
  }
}
