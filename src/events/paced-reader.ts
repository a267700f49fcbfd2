import type { BpfProgram, FdWatcher } from "../kernel/index.ts";
import { WakePace } from "./wake-pace.ts";

/** Records of one call of `read`. */
const batch = 512;
/** Batches before the event loop has its turn: about 5 ms. */
const mostBatches = 8;
/** Between two looks at a ring that does not wake us. */
const lookMs = 2;

const nowNs = (): number => performance.now() * 1e6;

/** Reads the ring of a BPF program: woken by the kernel for each record, or on a timer when there are many. */
export class PacedReader<R> {
  readonly #program: BpfProgram<R>;
  readonly #handle: (record: R) => void;
  readonly #before: () => void;
  readonly #onRead: () => void;
  readonly #watcher: FdWatcher;
  readonly #pace = new WakePace(nowNs());
  #timer: NodeJS.Timeout | null = null;

  /**
   * @param before each reading
   * @param onRead after each reading
   * @param onError the ring can no longer be watched
   */
  constructor(
    program: BpfProgram<R>,
    parts: {
      readonly handle: (record: R) => void;
      readonly before: () => void;
      readonly onRead: () => void;
      readonly onError: (reason: unknown) => void;
    },
  ) {
    this.#program = program;
    this.#handle = parts.handle;
    this.#before = parts.before;
    this.#onRead = parts.onRead;
    this.#watcher = program.watch(() => this.#look(), parts.onError);
  }

  /** Reads everything that was written before the call. */
  readAll(): void {
    const end = this.#program.writtenTo;
    while (this.#program.readTo < end && this.#readBatch() > 0);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#watcher.close();
    this.#program.close();
  }

  #readBatch(): number {
    const records = this.#program.read(batch);
    for (const record of records) this.#handle(record);
    return records.length;
  }

  #look(): void {
    this.#before();
    let count = 0;
    for (let round = 0; round < mostBatches; round += 1) {
      const read = this.#readBatch();
      count += read;
      if (read < batch) break;
    }
    if (this.#pace.note(count, nowNs())) this.#changePace();
    this.#onRead();
  }

  #changePace(): void {
    const { quiet } = this.#pace;
    this.#program.setWaking(!quiet);
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = quiet ? setInterval(() => this.#look(), lookMs) : null;
    // What came before the kernel knew that it is to wake us again.
    if (!quiet) this.readAll();
  }
}
