import { CorralError } from "../src/report/index.ts";

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Turns the signals that would end this process into an AbortSignal for as long as there is
 * something to put away, but for one that is passed on. Afterwards the signal is sent again, unless the program handles it itself.
 */
export class Interruption implements Disposable {
  /** Aborts on a signal to this process or on the caller's own AbortSignal. */
  readonly signal: AbortSignal;
  readonly #controller = new AbortController();
  #received: NodeJS.Signals | null = null;
  readonly #passOn: (failed: () => void) => boolean;
  readonly #onSignal = (name: NodeJS.Signals): void => {
    if (!this.#passOn(() => this.#abort(name))) this.#abort(name);
  };

  /** @param passOn hands a signal on, and calls back when that failed; false: it is not handed on */
  constructor(callerSignal: AbortSignal | undefined, passOn: (failed: () => void) => boolean) {
    this.#passOn = passOn;
    this.signal = AbortSignal.any([this.#controller.signal, ...(callerSignal === undefined ? [] : [callerSignal])]);
    for (const name of signals) process.on(name, this.#onSignal);
  }

  #abort(name: NodeJS.Signals): void {
    this.#received = name;
    this.#controller.abort(new CorralError("VM_FAILED", `the virtual machine was stopped by ${name}`, { found: name }));
  }

  [Symbol.dispose](): void {
    for (const name of signals) process.off(name, this.#onSignal);
    const received = this.#received;
    if (received !== null && process.listenerCount(received) === 0) process.kill(process.pid, received);
  }
}
