import type { Totals } from "../model/index.ts";
import { noTotals } from "../model/index.ts";
import type { MetricSpec } from "./metric-spec.ts";
import { fold, lineReader, numberIn } from "./metric-spec.ts";

/** Longer lines are cut; figures stand in short ones. */
const maxLineBytes = 64 * 1024;
/** Of a document that is printed over many lines. */
const maxDocumentBytes = 1024 * 1024;
const tailBytes = 4096;

interface Reader {
  readonly spec: MetricSpec;
  readonly line: ((text: string) => number | null) | null;
}

const totalNames = Object.keys(noTotals).filter((name) => name !== "metrics") as (keyof Omit<Totals, "metrics">)[];

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Reads the figures in one output stream of a program, line by line as it comes. */
export class MetricReader {
  readonly #readers: readonly Reader[];
  readonly #values: Map<string, number>;
  readonly #wantsJson: boolean;
  /** What came since the last end of a line. */
  #rest = "";
  #whole: string[] = [];
  #wholeBytes = 0;
  #tail = "";

  /** @param values where figures go, which several streams may share */
  constructor(specs: readonly MetricSpec[], values: Map<string, number>) {
    this.#readers = specs.map((spec) => ({ spec, line: lineReader(spec) }));
    this.#values = values;
    this.#wantsJson = specs.some(({ json }) => json !== null);
  }

  /** The end of what came. */
  get tail(): string {
    return this.#tail;
  }

  read(text: string): void {
    this.#tail = (this.#tail + text).slice(-tailBytes);
    if (this.#readers.length === 0) return;
    const lines = (this.#rest + text).split("\n");
    this.#rest = (lines.pop() ?? "").slice(-maxLineBytes);
    for (const line of lines) this.#take(line.slice(0, maxLineBytes));
    if (this.#wantsJson) this.#keep(text);
  }

  /** Nothing more comes. */
  end(): void {
    if (this.#rest !== "") this.#take(this.#rest);
    this.#rest = "";
    const document = this.#wantsJson && this.#wholeBytes <= maxDocumentBytes ? parsed(this.#whole.join("")) : undefined;
    if (document !== undefined && this.#whole.join("").trim().includes("\n")) this.#takeDocument(document);
    this.#whole = [];
  }

  #keep(text: string): void {
    this.#wholeBytes += text.length;
    if (this.#wholeBytes <= maxDocumentBytes) this.#whole.push(text);
    else this.#whole = [];
  }

  #take(line: string): void {
    for (const { spec, line: find } of this.#readers) {
      const value = find?.(line) ?? null;
      if (value !== null) this.#add(spec, value);
    }
    if (this.#wantsJson && /^\s*\{.*\}\s*$/.test(line)) this.#takeDocument(parsed(line));
  }

  #takeDocument(document: unknown): void {
    for (const { spec } of this.#readers) {
      const value = spec.json === null ? null : numberIn(document, spec.json);
      if (value !== null) this.#add(spec, value);
    }
  }

  #add({ name, take }: MetricSpec, value: number): void {
    this.#values.set(name, fold(take, this.#values.get(name), value));
  }
}

const toCount = (value: number): bigint => BigInt(Math.round(Math.min(Math.max(value, 0), Number.MAX_SAFE_INTEGER)));

/** Figures with the names of totals are totals; the others are the workload's own. */
export function totalsOf(values: ReadonlyMap<string, number>): Totals {
  const totals = Object.fromEntries(totalNames.map((name) => [name, toCount(values.get(snakeOf(name)) ?? 0)]));
  const own = [...values].filter(([name]) => !totalNames.some((total) => snakeOf(total) === name));
  return { ...noTotals, ...totals, metrics: Object.fromEntries(own) };
}

/** `getOperations` is written `get_operations`. */
const snakeOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
