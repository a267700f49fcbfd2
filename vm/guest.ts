import { CorralError } from "../src/report/index.ts";
import type { BoundProcess, ProcessEnd } from "./bound-process.ts";
import { FollowedFile } from "./followed-file.ts";
import type { GuestDirectory } from "./guest-directory.ts";
import type { VmResult } from "./options.ts";
import { type ConsoleMarks, consoleTail, judgeEnd, readMarks } from "./outcome.ts";

/** How much of the console is kept in memory. */
const maxConsoleCharacters = 1024 * 1024;

/** A guest that has been started. */
export interface StartedGuest {
  readonly qemu: BoundProcess;
  readonly share: BoundProcess;
  readonly directory: GuestDirectory;
  readonly nonce: string;
  /** From performance.now(). */
  readonly startedAt: number;
}

export interface GuestObserver {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** The command is about to start. */
  readonly onBoot: () => void;
  readonly onOutput: ((chunk: Buffer) => void) | undefined;
}

/**
 * Relays a guest's output until it ends, by itself or because time ran out.
 * @throws the signal's reason when aborted
 * @throws {CorralError} VM_FAILED when QEMU or virtiofsd gave up
 */
export async function watchGuest(guest: StartedGuest, observer: GuestObserver): Promise<VmResult> {
  const console = new GuestConsole(guest.nonce, observer.onBoot);
  using consoleFile = new FollowedFile(guest.directory.consoleFile, (chunk) => console.add(chunk));
  using outputFile = new FollowedFile(guest.directory.outputFile, (chunk) => observer.onOutput?.(chunk));

  const { end, timeRanOut } = await waitForEnd(guest, observer);
  consoleFile.drain();
  outputFile.drain();

  const timedOut = timeRanOut && console.marks.status === null;
  if (end !== null && end.lastWords !== "" && console.text === "" && !timedOut) throw qemuFailed(end);
  const outcome = judgeEnd({ timedOut, marks: console.marks, console: console.text, qemuKilled: end?.status === null });
  return {
    ...outcome,
    timedOut,
    bootMs: console.bootedAt === null ? null : console.bootedAt - guest.startedAt,
    durationMs: performance.now() - guest.startedAt,
    kernelRelease: console.marks.release,
    consoleTail: console.marks.status === null ? consoleTail(console.text) : null,
  };
}

/** The serial console so far, and what the guest's marks in it say. */
class GuestConsole {
  text = "";
  marks: ConsoleMarks = { release: null, status: null };
  /** When the command was about to start, from performance.now(). */
  bootedAt: number | null = null;
  readonly #nonce: string;
  readonly #onBoot: () => void;

  constructor(nonce: string, onBoot: () => void) {
    this.#nonce = nonce;
    this.#onBoot = onBoot;
  }

  add(chunk: Buffer): void {
    this.text = (this.text + chunk.toString("latin1")).slice(-maxConsoleCharacters);
    const { release, status } = readMarks(this.text, this.#nonce);
    this.marks = { release: this.marks.release ?? release, status: this.marks.status ?? status };
    if (this.marks.release === null || this.bootedAt !== null) return;
    this.bootedAt = performance.now();
    this.#onBoot();
  }
}

/** `end` is null when the guest had to be stopped. */
async function waitForEnd(
  { qemu, share }: StartedGuest,
  { timeoutMs, signal }: GuestObserver,
): Promise<{ end: ProcessEnd | null; timeRanOut: boolean }> {
  let timer: NodeJS.Timeout | undefined;
  let onAbort = (): void => undefined;
  const timeout = new Promise<"timeout">((resolve) => {
    timer = setTimeout(() => resolve("timeout"), timeoutMs);
  });
  const aborted = new Promise<"aborted">((resolve) => {
    onAbort = () => resolve("aborted");
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
  });
  // virtiofsd also ends when QEMU does; the guest's end counts if it follows at once.
  const orphaned = share.ended.then(() => Promise.race([qemu.ended, delay(1000)]));
  try {
    const first = await Promise.race([qemu.ended, timeout, aborted, orphaned]);
    if (typeof first === "object") return { end: first, timeRanOut: false };
    await qemu.stop();
    signal.throwIfAborted();
    if (first === "timeout") return { end: null, timeRanOut: true };
    throw new CorralError("VM_FAILED", `virtiofsd ended under the running guest: ${(await share.ended).lastWords}`, {
      object: "virtiofsd",
    });
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}

async function delay(ms: number): Promise<"orphaned"> {
  return new Promise((resolve) => setTimeout(resolve, ms, "orphaned").unref());
}

function qemuFailed({ status, lastWords }: ProcessEnd): CorralError {
  return new CorralError("VM_FAILED", `QEMU gave up before the guest said anything: ${lastWords}`, {
    object: "qemu-system-x86_64",
    found: `status ${status}`,
  });
}
