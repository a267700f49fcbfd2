/**
 * Parsing and printing of sizes, durations and rates. Every parser throws a RangeError whose
 * message completes the sentence "<flag> …", so that the caller names the flag.
 */

const binaryFactor: Readonly<Record<string, number>> = { "": 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

const secondsPerUnit: Readonly<Record<string, number>> = {
  ns: 1e-9,
  us: 1e-6,
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
};

/**
 * Reads a size: a number with an optional binary suffix (`64M`, `1.5G`, `512KiB`; K, M, G, T are powers of 1024).
 * @param bareUnit bytes that one unit of a number without suffix stands for; null makes the suffix mandatory (0 excepted).
 * @returns whole bytes
 * @throws RangeError when the text is not a size
 */
export function parseSize(text: string, bareUnit: number | null): number {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text.trim());
  if (match === null) throw new RangeError(`expects a size such as 64M or 1.5G, not ${quote(text)}`);
  const value = Number(match[1]);
  const bare = /^[\d.]+$/.test(text.trim());
  if (bare && bareUnit === null && value !== 0) {
    throw new RangeError(`needs a unit, such as ${text.trim()}M; ${quote(text)} could mean bytes or MiB`);
  }
  const factor = bare ? (bareUnit ?? 1) : (binaryFactor[(match[2] ?? "").toLowerCase()] ?? 1);
  const bytes = Math.floor(value * factor);
  if (!Number.isSafeInteger(bytes)) throw new RangeError(`is too large: ${quote(text)}`);
  return bytes;
}

/** Like parseSize, and also accepts `max` (no limit). */
export function parseSizeOrMax(text: string, bareUnit: number | null): number | "max" {
  return text.trim() === "max" ? "max" : parseSize(text, bareUnit);
}

/**
 * Reads a duration: a number with an optional suffix ns, us, ms, s, m, h or d; a bare number is seconds (as timeout(1)).
 * @returns milliseconds, possibly fractional, to the nanosecond
 * @throws RangeError when the text is not a duration
 */
export function parseDurationMs(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*(ns|us|ms|s|m|h|d)?$/.exec(text.trim());
  if (match === null) throw new RangeError(`expects a duration such as 500ms, 10s or 5m, not ${quote(text)}`);
  const seconds = Number(match[1]) * (secondsPerUnit[match[2] ?? "s"] ?? 1);
  // 700ms are 700 and not 700.0000000000001.
  const ms = Math.round(seconds * 1e9) / 1e6;
  if (ms > 1e12) throw new RangeError(`is longer than 31 years: ${quote(text)}`);
  return ms;
}

/**
 * Reads a decimal number inside [min, max].
 * @throws RangeError naming the range
 */
export function parseNumberIn(text: string, min: number, max: number, options: { readonly integer: boolean }): number {
  const value = /^[+-]?(\d+(\.\d*)?|\.\d+)$/.test(text.trim()) ? Number(text) : Number.NaN;
  if (Number.isNaN(value) || (options.integer && !Number.isInteger(value)) || value < min || value > max) {
    const kind = options.integer ? "a whole number" : "a number";
    throw new RangeError(`expects ${kind} from ${min} to ${max}, not ${quote(text)}`);
  }
  return value;
}

/** Bytes for people: `64.0 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let index = 0;
  while (value >= 1024 && index < units.length - 1) {
    value /= 1024;
    index += 1;
  }
  return index === 0 ? `${bytes} B` : `${value.toFixed(1)} ${units[index]}`;
}

/** Bytes exactly, in the largest unit that divides them: `64 MiB`, `1536 KiB`, `50000001 B`. */
export function formatExactBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let index = 0;
  while (value > 0 && value % 1024 === 0 && index < units.length - 1) {
    value /= 1024;
    index += 1;
  }
  return `${value} ${units[index]}`;
}

/** Seconds for people: `2.33 s`, `12 ms`, `1 h 5 min`. */
export function formatSeconds(seconds: number): string {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 59.995) return `${seconds.toFixed(2)} s`;
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * Text that came from outside, safe to print on one line: quoted, control characters escaped, at most `limit` characters.
 */
export function quote(text: string, limit = 80): string {
  const shown = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return JSON.stringify(shown).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
