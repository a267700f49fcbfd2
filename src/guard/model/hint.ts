import { quote } from "../../report/index.ts";
import type { SessionClass } from "./session-class.ts";
import { isSessionClass, sessionClassNames } from "./session-class.ts";

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

/** A hint as it was understood. */
export interface HintReading {
  readonly hint: Hint;
  /** Why parts of the text were ignored, each a sentence for a log; quotes what was written, which is untrusted. */
  readonly ignored: readonly string[];
}

/** Longest text that is looked at, in characters. */
export const maxHintLength = 256;

const mib = 2 ** 20;
const gib = 2 ** 30;

/** The words of the original wrapper. */
const memoryWords: Readonly<Record<string, number | "max">> = { low: 256 * mib, medium: gib, high: "max" };

const memoryUnits: Readonly<Record<string, number>> = { k: 1024, m: mib, g: gib };

const refuse = (what: string, text: string): never => {
  throw new RangeError(`expects ${what}, not ${quote(text)}`);
};

/** A number without sign, blanks or leading zeros: whatever looks otherwise is no number here. */
function count(text: string, most: number, what: string): number {
  const value = /^[1-9]\d{0,6}$/.test(text) ? Number(text) : 0;
  return value >= 1 && value <= most ? value : refuse(`${what} from 1 to ${most}`, text);
}

function memory(text: string): number | "max" {
  const word = memoryWords[text];
  if (word !== undefined && Object.hasOwn(memoryWords, text)) return word;
  const match = /^([1-9]\d{0,5})([kmg])(?:i?b)?$/i.exec(text);
  const bytes = Number(match?.[1] ?? 0) * (memoryUnits[(match?.[2] ?? "").toLowerCase()] ?? 0);
  return bytes >= mib ? bytes : refuse("low, medium, high or a size of 1M or more such as 512M or 2G", text);
}

const timeUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

function time(text: string): number {
  const match = /^([1-9]\d{0,5})(ms|s|m|h)$/.exec(text);
  const ms = Number(match?.[1] ?? 0) * (timeUnits[match?.[2] ?? ""] ?? 0);
  return ms >= 1 ? ms : refuse("a duration such as 30s or 5m", text);
}

const oneClass = (text: string): SessionClass =>
  isSessionClass(text) ? text : refuse(`one of ${sessionClassNames.join(", ")}`, text);

/** What may be hinted at, and how each value is read. A RangeError's message completes "<key> …". */
const keys = {
  memory: (text: string): Hint => ({ memoryBytes: memory(text) }),
  cpu: (text: string): Hint => ({ cpuPercent: count(text.replace(/%$/, ""), 1_000_000, "percent of one CPU") }),
  time: (text: string): Hint => ({ timeMs: time(text) }),
  pids: (text: string): Hint => ({ pids: count(text, 4_194_304, "a number of processes") }),
  io: (text: string): Hint => ({ ioWeight: count(text, 10_000, "a weight") }),
  class: (text: string): Hint => ({ class: oneClass(text) }),
} as const;

type HintKey = keyof typeof keys;
const isKey = (text: string): text is HintKey => Object.hasOwn(keys, text);

/**
 * Reads what a tool call hints at: `memory:low|medium|high|N[kmg]`, or a list of `key=value` (`key:value` is the same)
 * with the keys memory, cpu, time, pids, io and class, separated by commas, semicolons or blanks. Strict, bounded and never
 * evaluated: an item that is not understood counts as not given, and is told.
 */
export function readHint(text: string): HintReading {
  if (text.length > maxHintLength)
    return { hint: {}, ignored: [`the hint has ${text.length} characters, more than ${maxHintLength}`] };
  let hint: Hint = {};
  const ignored: string[] = [];
  const seen = new Set<HintKey>();
  for (const item of text.split(/[,; \t\n]+/).filter((one) => one !== "")) {
    const [, key = "", value = ""] = /^([a-z]+)[:=](.+)$/.exec(item) ?? [];
    if (!isKey(key)) ignored.push(`${quote(item)} is no hint; there are ${Object.keys(keys).join(", ")}`);
    else if (seen.has(key)) ignored.push(`${key} is given twice; the first counts, not ${quote(value)}`);
    else hint = { ...hint, ...readItem(key, value, ignored) };
    if (isKey(key)) seen.add(key);
  }
  return { hint, ignored };
}

function readItem(key: HintKey, value: string, ignored: string[]): Hint {
  try {
    return keys[key](value);
  } catch (thrown) {
    if (!(thrown instanceof RangeError)) throw thrown;
    ignored.push(`${key} ${thrown.message}`);
    return {};
  }
}
