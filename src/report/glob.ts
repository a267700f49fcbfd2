import { quote } from "./units.ts";

/** Whether a text, or a path, fits. */
export type Fits = (text: string) => boolean;

/** One place of a pattern: this text, any one character, or one of a class. */
type Token = string | ((character: string) => boolean);
type Piece = readonly Token[];

const anyCharacter = (): boolean => true;

/** Reads the class that begins behind `[` at `at`; the place behind its `]`, and what it takes. */
function readClass(pattern: string, at: number): { readonly end: number; readonly token: Token } {
  const negated = pattern[at] === "!" || pattern[at] === "^";
  const first = negated ? at + 1 : at;
  // A ] that comes first is meant.
  const close = pattern.indexOf("]", first + 1);
  if (close === -1) throw new RangeError(`has a [ without its ]: ${quote(pattern)}`);
  const members = Array.from(pattern.slice(first, close));
  const ranges: (readonly [string, string])[] = [];
  for (let index = 0; index < members.length; index += 1) {
    const low = members[index] ?? "";
    const isRange = members[index + 1] === "-" && index + 2 < members.length;
    const high = isRange ? (members[index + 2] ?? "") : low;
    if (codeOf(low) > codeOf(high)) throw new RangeError(`has a range that runs backwards: ${quote(`${low}-${high}`)}`);
    ranges.push([low, high]);
    if (isRange) index += 2;
  }
  const inside = (one: string): boolean =>
    ranges.some(([low, high]) => codeOf(low) <= codeOf(one) && codeOf(one) <= codeOf(high));
  return { end: close + 1, token: negated ? (one) => !inside(one) : inside };
}

const codeOf = (character: string): number => character.codePointAt(0) ?? 0;

/** Cuts a pattern at its stars; between them stand pieces, which may be empty. */
function cutAtStars(pattern: string): readonly Piece[] {
  const pieces: Token[][] = [[]];
  const add = (token: Token): void => {
    const piece = pieces.at(-1) ?? [];
    const last = piece.at(-1);
    if (typeof token === "string" && typeof last === "string") piece[piece.length - 1] = last + token;
    else piece.push(token);
  };
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at] ?? "";
    at += 1;
    if (character === "*") pieces.push([]);
    else if (character === "?") add(anyCharacter);
    else if (character === "[") {
      const { end, token } = readClass(pattern, at);
      add(token);
      at = end;
    } else if (character === "\\") {
      if (at === pattern.length) throw new RangeError(`ends in a \\ that escapes nothing: ${quote(pattern)}`);
      add(pattern[at] ?? "");
      at += 1;
    } else add(character);
  }
  return pieces;
}

/** The end of a piece that stands at `at`, or -1. */
function endOfPiece(piece: Piece, text: string, at: number): number {
  let end = at;
  for (const token of piece) {
    if (typeof token === "string") {
      if (!text.startsWith(token, end)) return -1;
      end += token.length;
    } else {
      if (end >= text.length) return -1;
      const character = String.fromCodePoint(text.codePointAt(end) ?? 0);
      if (!token(character)) return -1;
      end += character.length;
    }
  }
  return end;
}

/** How pieces are laid along what is matched. */
interface Track<P> {
  readonly length: number;
  /** The end of a piece that stands at a place, or -1. */
  readonly endAt: (piece: P, at: number) => number;
  /** The end of a piece at the first place from `at` on where it stands, or -1. */
  readonly endFrom: (piece: P, at: number) => number;
  /** Whether a piece can stand at the very end, without beginning before `at`. */
  readonly isLast: (piece: P, at: number) => boolean;
}

/**
 * Whether pieces stand in order with anything between them: the first at the start, the last at the end. Taking each
 * at its first place is enough, so the time is bounded by length × pieces whatever the input.
 */
function fitsWithGaps<P>(pieces: readonly P[], { length, endAt, endFrom, isLast }: Track<P>): boolean {
  const last = pieces.length - 1;
  let at = 0;
  for (const [index, piece] of pieces.entries()) {
    if (index > 0 && index === last) return isLast(piece, at);
    at = index === 0 ? endAt(piece, 0) : endFrom(piece, at);
    if (at === -1) return false;
  }
  return at === length;
}

/** A text as a track of characters. */
function trackOf(text: string): Track<Piece> {
  const endAt = (piece: Piece, at: number): number => endOfPiece(piece, text, at);
  return {
    length: text.length,
    endAt,
    endFrom: (piece, at) => {
      const [first] = piece;
      // What begins with a text can only stand where that text does.
      const next = (start: number): number => (typeof first === "string" ? text.indexOf(first, start) : start);
      for (let start = next(at); start !== -1 && start <= text.length; start = next(start + 1)) {
        const end = endAt(piece, start);
        if (end !== -1) return end;
      }
      return -1;
    },
    isLast: (piece, at) => {
      const [first = "", ...more] = piece;
      if (more.length === 0 && typeof first === "string")
        return text.length - first.length >= at && text.endsWith(first);
      for (let start = at; start <= text.length; start += 1) if (endAt(piece, start) === text.length) return true;
      return false;
    },
  };
}

/**
 * A pattern for a name or a command line: `*` is anything, `?` one character, `[a-z]` or `[!a-z]` one of a class, `\`
 * takes the next character as it is.
 * @throws RangeError whose message completes "<key> …"
 */
export function textGlob(pattern: string): Fits {
  if (pattern === "") throw new RangeError("must not be empty");
  const pieces = cutAtStars(pattern);
  const literal = literalOf(pieces);
  if (literal !== null) return (text) => text === literal;
  return (text) => fitsWithGaps(pieces, trackOf(text));
}

/** What the kernel keeps of the name of a process: TASK_COMM_LEN without its NUL (PR_SET_NAME(2const)). */
const longestNameBytes = 15;

/** A lone surrogate is one byte, of a character that was cut (kernel's byte-text). */
const bytesOf = (text: string): number => Buffer.byteLength(text.replace(/[\udc80-\udcff]/gu, "?"));

const fewestBytes = (pieces: readonly Piece[]): number =>
  pieces.flat().reduce((sum, token) => sum + (typeof token === "string" ? bytesOf(token) : 1), 0);

/**
 * A pattern for the name of a process (proc_pid_comm(5)), as textGlob.
 * @throws RangeError as textGlob, and for a pattern that only a name of more than 15 bytes would fit
 */
export function nameGlob(pattern: string): Fits {
  const fits = textGlob(pattern);
  if (fewestBytes(cutAtStars(pattern)) <= longestNameBytes) return fits;
  const why = `is longer than the ${longestNameBytes} bytes that a process has as its name`;
  throw new RangeError(`${why}, so that it never fits: ${quote(pattern)}; cut it, and end it with *`);
}

/** The one text that pieces without wildcards stand for, else null. */
function literalOf(pieces: readonly Piece[]): string | null {
  const [piece = [], ...more] = pieces;
  if (more.length > 0 || piece.length > 1) return null;
  const [token = ""] = piece;
  return typeof token === "string" ? token : null;
}

/** One part of a path between slashes; `**` stands for any number of them. */
type Part = Fits | "**";

const partsOf = (path: string): readonly string[] => (path === "/" ? [] : path.slice(1).split("/"));

function readPart(part: string, pattern: string): Part {
  if (part === "**") return part;
  if (part.includes("**")) throw new RangeError(`takes ** only between slashes, alone: ${quote(pattern)}`);
  if (part === "") throw new RangeError(`has an empty part between slashes: ${quote(pattern)}`);
  if (part === "." || part === "..") throw new RangeError(`must be a path without . and ..: ${quote(pattern)}`);
  return textGlob(part);
}

/**
 * A pattern for an absolute path: as in textGlob, but nothing crosses a slash save `**` as a part of its own, which is
 * any number of parts, none included.
 * @throws RangeError whose message completes "<key> …"
 */
export function pathGlob(pattern: string): Fits {
  if (!pattern.startsWith("/")) {
    throw new RangeError(`expects an absolute path, such as /usr/bin/ffmpeg or /**/ffmpeg, not ${quote(pattern)}`);
  }
  const parts = partsOf(pattern).map((part) => readPart(part, pattern));
  if (!/[*?[\\]/.test(pattern)) return (path) => path === pattern;
  const pieces: Fits[][] = [[]];
  for (const part of parts) {
    if (part === "**") pieces.push([]);
    else pieces.at(-1)?.push(part);
  }
  return (path) => path.startsWith("/") && fitsWithGaps(pieces, trackOfPath(path));
}

/** A path as a track of the names between its slashes. */
function trackOfPath(path: string): Track<readonly Fits[]> {
  const names = partsOf(path);
  const { length } = names;
  const endAt = (piece: readonly Fits[], at: number): number =>
    at + piece.length <= length && piece.every((fits, index) => fits(names[at + index] ?? "")) ? at + piece.length : -1;
  return {
    length,
    endAt,
    endFrom: (piece, at) => {
      for (let start = at; start + piece.length <= length; start += 1)
        if (endAt(piece, start) !== -1) return start + piece.length;
      return -1;
    },
    isLast: (piece, at) => length - piece.length >= at && endAt(piece, length - piece.length) !== -1,
  };
}

/**
 * A directory and all below it: a prefix of whole parts, so that `/srv/jobs` is not one of `/srv/jobs2`.
 * @throws RangeError as pathGlob
 */
export function pathPrefix(pattern: string): Fits {
  const directory = pattern.length > 1 && pattern.endsWith("/") ? pattern.slice(0, -1) : pattern;
  const here = pathGlob(directory);
  const below = pathGlob(directory === "/" ? "/**" : `${directory}/**`);
  return (path) => here(path) || below(path);
}
