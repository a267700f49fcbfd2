import type { BpfProgram, FdWatcher } from "../kernel/index.ts";
import { WakePace } from "./wake-pace.ts";

/** Records of one call of `read`. */
const batch = 512;
/** Batches before the event loop has its turn: about 5 ms. */
const mostBatches = 8;
/** Between two looks at a ring that does not wake us. */
const lookMs = 2;
/** How long a record may wait that is not urgent, while processes are moved upon their execs. */
const holdMs = 1;

const nowNs = (): number => performance.now() * 1e6;

/**
 * Reads the ring of a BPF program: woken by the kernel for each record, or on a timer when there are many. While processes are moved upon their
 * execs, by the program's mover, records that may wait do so for a moment: an exec follows a fork sooner than a fork is handled. While
 * nobody is in a hurry all records do, and the kernel wakes us for the first of them alone.
 */
export class PacedReader<R> {
  readonly #program: BpfProgram<R>;
  readonly #handle: (record: R) => void;
  readonly #before: () => void;
  readonly #onRead: () => void;
  readonly #mayWait: (record: R) => boolean;
  readonly #leisureMs: () => number;
  readonly #watcher: FdWatcher;
  readonly #pace = new WakePace(nowNs());
  #timer: NodeJS.Timeout | null = null;
  /** Read, and not handled yet. */
  #held: R[] = [];
  #holding: NodeJS.Timeout | null = null;
  /** The kernel is not to wake us meanwhile. */
  #asleep = false;
  #stopped = false;

  /**
   * @param before each reading
   * @param onRead after each reading
   * @param mayWait whether nobody is waiting for what a record tells
   * @param leisureMs for how long everything may wait; 0: it may not
   * @param onError the ring can no longer be watched
   */
  constructor(
    program: BpfProgram<R>,
    parts: {
      readonly handle: (record: R) => void;
      readonly before: () => void;
      readonly onRead: () => void;
      readonly mayWait?: (record: R) => boolean;
      readonly leisureMs?: () => number;
      readonly onError: (reason: unknown) => void;
    },
  ) {
    this.#program = program;
    this.#handle = parts.handle;
    this.#before = parts.before;
    this.#onRead = parts.onRead;
    this.#mayWait = parts.mayWait ?? (() => false);
    this.#leisureMs = parts.leisureMs ?? (() => 0);
    this.#watcher = program.watch(() => this.#look(), parts.onError);
  }

  /** Reads everything that was written before the call. */
  readAll(): void {
    this.#endHold();
    const end = this.#program.writtenTo;
    this.#handleHeld();
    while (this.#program.readTo < end && this.#readBatch() > 0);
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    if (this.#holding !== null) clearTimeout(this.#holding);
    this.#watcher.close();
    this.#program.close();
  }

  #readBatch(): number {
    const records = this.#program.read(batch);
    this.#handleHeld();
    for (const record of records) this.#handle(record);
    return records.length;
  }

  #look(): void {
    if (!this.#pace.quiet && this.#hold()) return;
    this.#endHold();
    this.#readSome();
  }

  #readSome(): void {
    this.#before();
    let count = this.#handleHeld();
    for (let round = 0; round < mostBatches; round += 1) {
      const read = this.#readBatch();
      count += read;
      if (read < batch) break;
    }
    this.#noteAndTell(count);
  }

  /**
   * Reads what is there and keeps it for later: so the kernel wakes us for the next, unless everything may wait.
   * @returns false when something of it is urgent, or it is much: all is to be handled now
   */
  #hold(): boolean {
    const leisureMs = this.#leisureMs();
    if (leisureMs === 0 && !this.#program.mover.isActive) return false;
    const records = this.#program.read(batch);
    this.#held.push(...records);
    if (records.length === batch || this.#held.length > batch) return false;
    if (leisureMs === 0 && !records.every(this.#mayWait)) return false;
    if (leisureMs > 0) {
      this.#asleep = true;
      this.#program.setWaking(false);
    }
    this.#holding ??= setTimeout(() => this.#handleHold(), leisureMs || holdMs);
    return true;
  }

  #handleHold(): void {
    const asleep = this.#asleep;
    this.#endHold();
    // Once more round the loop: a program that saw that it was not to wake us has written by then.
    if (asleep) return void setImmediate(() => this.#readUnlessStopped());
    this.#before();
    this.#noteAndTell(this.#handleHeld());
  }

  #readUnlessStopped(): void {
    if (!this.#stopped) this.#readSome();
  }

  /** The kernel wakes us again; what came before it knew is to be read. */
  #endHold(): void {
    if (this.#holding === null) return;
    clearTimeout(this.#holding);
    this.#holding = null;
    if (this.#asleep) this.#program.setWaking(!this.#pace.quiet);
    this.#asleep = false;
  }

  /** @returns how many there were */
  #handleHeld(): number {
    if (this.#held.length === 0) return 0;
    const held = this.#held;
    this.#held = [];
    for (const record of held) this.#handle(record);
    return held.length;
  }

  #noteAndTell(count: number): void {
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
