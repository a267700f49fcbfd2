import { explainFailure } from "./explain-failure.ts";
import type { HostFacts, Told } from "./host-facts.ts";
import { factsOf, readTold } from "./host-facts.ts";
import { scripts } from "./scripts.ts";
import type { Parameters } from "./shell.ts";
import { assignments } from "./shell.ts";
import type { SshSettings } from "./ssh.ts";
import { runOnHost } from "./ssh.ts";
import type { SshTarget } from "./ssh-target.ts";

/** What all that is done on hosts has in common. */
export interface HostOptions {
  readonly ssh: SshSettings;
  /** The directory on the hosts (`parseDirectory`). */
  readonly directory: Parameters[string];
  /** Path of Node there; null: the one on PATH. */
  readonly node: string | null;
  /** What is done now, for people who wait. */
  readonly onStep: (host: string, what: string) => void;
}

/** For what only looks or writes little. */
const shortLimitMs = 60_000;

/** One host and what is being done there: each step is one call of ssh. */
export class HostSession {
  readonly target: SshTarget;
  readonly #options: HostOptions;
  #step = "connect";
  #reached = false;

  constructor(target: SshTarget, options: HostOptions) {
    this.target = target;
    this.#options = options;
  }

  /** What is done now, or was when it failed. */
  get step(): string {
    return this.#step;
  }

  /** Whether ssh has come through at least once. */
  get reached(): boolean {
    return this.#reached;
  }

  /** Begins what is no call of ssh. */
  enter(step: string, what: string): void {
    this.#step = step;
    this.#options.onStep(this.target.text, what);
  }

  /**
   * Runs one of the scripts there.
   * @param what said to who waits
   * @throws CorralError FLEET_HOST
   */
  async ask(
    script: keyof typeof scripts,
    what: string,
    parameters: Parameters = {},
    { data = Buffer.alloc(0), limitMs = shortLimitMs }: { readonly data?: Buffer; readonly limitMs?: number } = {},
  ): Promise<Told> {
    const { ssh, directory, onStep } = this.#options;
    this.#step = this.#reached ? script : "connect";
    onStep(this.target.text, what);
    const text = assignments({ D: directory, ...parameters }) + scripts[script];
    const answer = await runOnHost(this.target, ssh, text, data, limitMs);
    const told = readTold(answer.out);
    if (told.has("reached")) {
      this.#reached = true;
      this.#step = script;
    }
    const failure = explainFailure(this.target, ssh, answer, told, limitMs);
    if (failure !== null) throw failure;
    return told;
  }

  /** @throws CorralError FLEET_HOST */
  async look(): Promise<HostFacts> {
    return factsOf(await this.ask("check", "looking", { N: this.#options.node ?? "" }));
  }
}
