import { quote } from "../../report/index.ts";
import type { SessionClass } from "./session-class.ts";
import { isSessionClass, sessionClassNames } from "./session-class.ts";
import type { HintKey, IgnoredHint } from "./tool-documents.ts";
import { hintKeys } from "./tool-documents.ts";

/** What a tool call says it needs; what it does not say is absent. Nothing of it is granted yet. */
export interface Hint {
  /** Bytes; `max`: as much as the session may have. */
  readonly memoryBytes?: number | "max";
  /** Percent of one CPU. */
  readonly cpuPercent?: number;
  /** Milliseconds from the exec to the end. */
  readonly timeMs?: number;
  /** Most processes and threads at once. */
  readonly pids?: number;
  /** Share of the disk beside other calls of the session, 1 to 10 000 (io.weight). */
  readonly ioWeight?: number;
  readonly class?: SessionClass;
}

/** A part of a hint that is not heeded. */
export interface IgnoredPart extends IgnoredHint {
  /** A sentence for a log; quotes what was written, which is untrusted. */
  readonly message: string;
}

/** A hint as it was understood. */
export interface HintReading {
  readonly hint: Hint;
  readonly ignored: readonly IgnoredPart[];
}

/** Longest text that is looked at, in characters. */
export const maxHintLength = 256;

const mib = 2 ** 20;
const gib = 2 ** 30;

/** The words of the original wrapper. */
const memoryWords: Readonly<Record<string, number | "max">> = { low: 256 * mib, medium: gib, high: "max" };

const memoryUnits: Readonly<Record<string, number>> = { k: 1024, m: mib, g: gib };

/** A number without sign, blanks or leading zeros: whatever looks otherwise is no number here. */
function count(text: string, most: number): number | null {
  const value = /^[1-9]\d{0,6}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= most ? value : null;
}

function memory(text: string): number | "max" | null {
  const word = memoryWords[text];
  if (word !== undefined && Object.hasOwn(memoryWords, text)) return word;
  const match = /^([1-9]\d{0,5})([kmg])(?:i?b)?$/i.exec(text);
  const bytes = Number(match?.[1] ?? 0) * (memoryUnits[(match?.[2] ?? "").toLowerCase()] ?? 0);
  return bytes >= mib ? bytes : null;
}

const timeUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function time(text: string): number | null {
  const match = /^([1-9]\d{0,5})(ms|s|m|h)$/.exec(text);
  const ms = Number(match?.[1] ?? 0) * (timeUnits[match?.[2] ?? ""] ?? 0);
  return ms >= 1 ? ms : null;
}

interface HintKind {
  /** Completes "<key> expects …". */
  readonly expects: string;
  /** Null: it is none. */
  readonly read: (text: string) => Hint | null;
}

const kind = <T>(expects: string, read: (text: string) => T | null, toHint: (value: T) => Hint): HintKind => ({
  expects,
  read: (text) => {
    const value = read(text);
    return value === null ? null : toHint(value);
  },
});

const numberKind = (what: string, most: number, toHint: (value: number) => Hint): HintKind =>
  kind(`${what} from 1 to ${most}`, (text) => count(text, most), toHint);

const cpu = numberKind("percent of one CPU", 1_000_000, (cpuPercent) => ({ cpuPercent }));

/** What may be hinted at, and how each value is read. */
const kinds: Readonly<Record<HintKey, HintKind>> = {
  memory: kind("low, medium, high or a size of 1M or more such as 512M or 2G", memory, (memoryBytes) => ({
    memoryBytes,
  })),
  cpu: { ...cpu, read: (text) => cpu.read(text.replace(/%$/, "")) },
  time: kind("a duration such as 30s or 5m", time, (timeMs) => ({ timeMs })),
  pids: numberKind("a number of processes", 4_194_304, (pids) => ({ pids })),
  io: numberKind("a weight", 10_000, (ioWeight) => ({ ioWeight })),
  class: kind(
    `one of ${sessionClassNames.join(", ")}`,
    (text) => (isSessionClass(text) ? text : null),
    (of) => ({ class: of }),
  ),
};

const isKey = (text: string): text is HintKey => Object.hasOwn(kinds, text);

/** What a value of this key must be; completes "<key> expects …". */
export const expectedOf = (key: HintKey): string => kinds[key].expects;

/** Judges one value that is given by itself. @throws RangeError whose message completes "<key> …" */
export function checkHintValue(key: HintKey, value: string): void {
  if (kinds[key].read(value) === null) throw new RangeError(`expects ${expectedOf(key)}, not ${quote(value)}`);
}

/** The items of a hint with their places, from 1. */
const itemsOf = (text: string): readonly (readonly [part: number, item: string])[] =>
  text
    .split(/[,; \t\n]+/)
    .filter((one) => one !== "")
    .map((item, index) => [index + 1, item]);

/**
 * Reads what a tool call hints at: `memory:low|medium|high|N[kmg]`, or a list of `key=value` (`key:value` is the same)
 * with the keys memory, cpu, time, pids, io and class, separated by commas, semicolons or blanks. Strict, bounded and never
 * evaluated: an item that is not understood counts as not given, and is told.
 */
export function readHint(text: string): HintReading {
  if (text.length > maxHintLength) {
    const message = `the hint has ${text.length} characters, more than ${maxHintLength}`;
    return { hint: {}, ignored: [{ part: null, key: null, why: "too-long", message }] };
  }
  let hint: Hint = {};
  const ignored: IgnoredPart[] = [];
  const seen = new Set<HintKey>();
  for (const [part, item] of itemsOf(text)) {
    const [, key = "", value = ""] = /^([a-z]+)[:=](.+)$/.exec(item) ?? [];
    const read = isKey(key) && !seen.has(key) ? kinds[key].read(value) : null;
    if (read === null) ignored.push({ part, ...whyIgnored(item, key, value, seen) });
    hint = { ...hint, ...read };
    if (isKey(key)) seen.add(key);
  }
  return { hint, ignored };
}

function whyIgnored(item: string, key: string, value: string, seen: ReadonlySet<HintKey>): Omit<IgnoredPart, "part"> {
  if (!isKey(key))
    return { key: null, why: "unknown", message: `${quote(item)} is no hint; there are ${hintKeys.join(", ")}` };
  if (seen.has(key))
    return { key, why: "twice", message: `${key} is given twice; the first counts, not ${quote(value)}` };
  return { key, why: "value", message: `${key} expects ${expectedOf(key)}, not ${quote(value)}` };
}
