import { LineWriter, makeRoom } from "../../kernel/files/index.ts";
import { CorralError, errnoOf, quote } from "../../report/index.ts";
import type { Decision, EngineInput } from "../engine/index.ts";
import type { RuleSource } from "../rules/index.ts";
import { encodePlain } from "./plain-json.ts";

export const recordingSchema = "corral.policy-recording/3";

/** Every version of a recording begins with this. */
const ours = { beginning: '{"schema":"corral.policy-recording/', what: "a recording of a policy" } as const;

/** The first line of a recording: everything but the inputs that decisions depend on. */
export interface RecordingHeader {
  readonly schema: typeof recordingSchema;
  readonly corral: string;
  readonly runId: string;
  readonly bootId: string;
  readonly seed: number;
  readonly startNs: bigint;
  readonly wallOffsetNs: bigint;
  readonly rules: RuleSource;
}

/** An input as it is kept: new rules by where they came from. */
export type KeptInput =
  | Exclude<EngineInput, { readonly kind: "rules" }>
  | (Omit<Extract<EngineInput, { readonly kind: "rules" }>, "rules"> & { readonly rules: RuleSource });

/** A line of a recording: what the engine was told, what it decided, or the end. */
export type RecordedLine =
  | { readonly input: KeptInput }
  | { readonly decision: Decision }
  | { readonly end: { readonly inputs: number; readonly decisions: number } };

/** Keeps what an engine is told and decides. It never disturbs whoever it records: a file that takes no more is told once. */
export class PolicyRecording {
  readonly #lines: LineWriter;
  readonly #onError: (error: CorralError) => void;
  /** Where an earlier recording that was in the way is now. */
  readonly movedTo: string | null;
  #inputs = 0;
  #decisions = 0;
  #failed = false;

  /** @throws CorralError RECORDING when the file cannot be written, RECORDS_FOREIGN when it holds something else */
  constructor(file: string, header: RecordingHeader, onError: (error: CorralError) => void) {
    this.movedTo = roomFor(file);
    this.#lines = new LineWriter(file, (cause) => unwritable(file, cause));
    this.#onError = onError;
    this.#lines.add(encodePlain(header));
    this.#lines.flush();
  }

  input(input: KeptInput): void {
    this.#inputs += 1;
    this.#add({ input });
  }

  decision(decision: Decision): void {
    this.#decisions += 1;
    this.#add({ decision });
  }

  /** Writes the mark of the end, without which a reader takes the recording for cut off. */
  end(): void {
    this.#add({ end: { inputs: this.#inputs, decisions: this.#decisions } });
    this.#attempt(() => this.#lines.end());
  }

  /** Closes the file without that mark. Does nothing after `end`. */
  abandon(): void {
    this.#lines.abandon();
  }

  #add(line: RecordedLine): void {
    this.#attempt(() => this.#lines.add(encodePlain(line)));
  }

  #attempt(work: () => void): void {
    if (this.#failed) return;
    try {
      work();
    } catch (thrown) {
      this.#failed = true;
      this.#onError(CorralError.from(thrown));
    }
  }
}

function roomFor(file: string): string | null {
  try {
    return makeRoom(file, ours);
  } catch (thrown) {
    throw thrown instanceof CorralError ? thrown : unwritable(file, thrown);
  }
}

const unwritable = (file: string, cause: unknown): CorralError =>
  new CorralError("RECORDING", `cannot write the recording ${quote(file)}: ${errnoOf(cause) ?? "error"}`, {
    object: file,
    cause,
    fix: "choose a file in a directory you can write to, on a file system with room",
  });
