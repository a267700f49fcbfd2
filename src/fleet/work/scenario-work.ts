import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { noAttributes } from "../../run/index.ts";
import type { Assignment, WorkReport } from "../model/index.ts";
import { noTotals } from "../model/index.ts";
import { MetricReader } from "./metric-reader.ts";
import { agentVariables } from "./placeholders.ts";
import type { BegunPhase, OutputReader } from "./run-phase.ts";
import { beginPhase, whyFailed } from "./run-phase.ts";
import type { Scratch } from "./scratch.ts";
import type { BegunWork, Work, WorkEnd } from "./work.ts";
import { figuresOf, workResult } from "./work-result.ts";

/** A document that is larger than this stays on its host. */
const maxDocumentBytes = 2 * 1024 * 1024;
/** It takes its groups down when it is told to end. */
const killAfterMs = 3000;

/** What this Corral was told by its environment, for another. */
const ownSettings = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    ["CORRAL_STATE_DIR", "CORRAL_CGROUP_PARENT"].flatMap((name) => {
      const value = process.env[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** Keeps all of an output, up to a limit. */
class WholeOutput implements OutputReader {
  readonly #parts: string[] = [];
  #bytes = 0;

  read(text: string): void {
    this.#bytes += text.length;
    if (this.#bytes <= maxDocumentBytes) this.#parts.push(text);
  }

  end(): void {}

  /** Null: there is none, or it is too large. */
  document(): unknown {
    if (this.#bytes > maxDocumentBytes) return null;
    try {
      return JSON.parse(this.#parts.join(""));
    } catch {
      return null;
    }
  }
}

/** A scenario, which `corral scenario run` runs in a process of its own. */
export class ScenarioWork implements Work {
  readonly #text: string;
  readonly #program: readonly string[];
  readonly #assignment: Assignment;
  readonly #scratch: Scratch;
  readonly #stderr = new MetricReader([], new Map());
  #hasMade = false;
  #cleaning: Promise<string | null> | null = null;

  /** @param program this program, as it is started */
  constructor(text: string, program: readonly string[], assignment: Assignment, scratch: Scratch) {
    this.#text = text;
    this.#program = program;
    this.#assignment = assignment;
    this.#scratch = scratch;
  }

  get #file(): string {
    return join(this.#scratch.path, "scenario.yaml");
  }

  async prepare(): Promise<void> {
    this.#hasMade = true;
    await this.#scratch.make(null);
    await writeFile(this.#file, this.#text, { mode: 0o600 });
  }

  async begin(atNs: bigint, signal: AbortSignal): Promise<BegunWork> {
    const output = new WholeOutput();
    const begun = await beginPhase({
      phase: {
        command: [...this.#program, "scenario", "run", this.#file, "--json", "--quiet"],
        environment: {},
        directory: this.#scratch.path,
        settings: { limits: {}, attributes: noAttributes },
        timeoutMs: null,
      },
      atNs,
      signal,
      user: null,
      killAfterMs,
      hasGroup: false,
      variables: { ...agentVariables(this.#assignment, this.#scratch.path), ...ownSettings() },
      tags: { fleet_agent: this.#assignment.agentId },
      stdout: output,
      stderr: this.#stderr,
    });
    return { atNs: begun.atNs, ended: this.#follow(begun, output) };
  }

  report(): WorkReport {
    return { totals: noTotals, intervals: [] };
  }

  cleanUp(): Promise<string | null> {
    this.#cleaning ??= this.#hasMade ? this.#scratch.remove() : Promise.resolve(null);
    return this.#cleaning;
  }

  async #follow({ ended }: BegunPhase, output: WholeOutput): Promise<WorkEnd> {
    const report = await ended;
    const result = workResult({
      kind: "scenario",
      report,
      prepare: null,
      metrics: new Map(),
      scenario: output.document(),
      stdoutTail: "",
      stderrTail: this.#stderr.tail,
    });
    return { why: whyFailed(report, [0], this.#stderr.tail), result, figures: figuresOf(report) };
  }
}
