import type { FdWatcher, NativeAddon } from "../../kernel/index.ts";
import { fdEvents } from "../../kernel/index.ts";
import type { WakeTimer } from "./wake-timer.ts";

const never = 0n;

/** A timer of the kernel that the event loop waits for as for any descriptor (timerfd_create(2)): it costs no turns. */
export class KernelTimer implements WakeTimer {
  readonly #addon: NativeAddon;
  readonly #fd: number;
  readonly #watcher: FdWatcher;
  readonly #onDue: () => void;
  #atNs: bigint | null = null;
  #closed = false;

  /** @throws CorralError NATIVE_CALL when there can be no more descriptors */
  constructor(addon: NativeAddon, onDue: () => void) {
    this.#addon = addon;
    this.#onDue = onDue;
    this.#fd = addon.timerOpen();
    this.#watcher = addon.watchFd(this.#fd, fdEvents.readable, () => this.#look());
    // Only a time that is to come keeps the process alive.
    this.#watcher.unref();
  }

  set(atNs: bigint | null): void {
    if (atNs === this.#atNs || this.#closed) return;
    this.#atNs = atNs;
    // A time that has passed fires at once; the kernel takes none before its clock began.
    this.#addon.timerSet(this.#fd, atNs === null ? never : atNs > never ? atNs : 1n);
    if (atNs === null) this.#watcher.unref();
    else this.#watcher.ref();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watcher.close();
    this.#addon.close(this.#fd);
  }

  #look(): void {
    if (this.#atNs === null) return;
    this.set(null);
    this.#onDue();
  }
}
